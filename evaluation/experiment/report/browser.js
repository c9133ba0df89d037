// The browser of dialogues. All text of the run is set as text, never as markup.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const AT_ONCE = 40;
  const E = { system: 0, user: 1, member: 2, trial: 3, persona: 4, segments: 5, wants: 6, target: 7, ending: 8, taken: 9,
    lastWord: 10, fault: 11, measures: 12, troubles: 13, exchanges: 14 };
  const X = { said: 0, acts: 1, reply: 2, asked: 3, slate: 4, knows: 5, trace: 6, cost: 7 };
  const TAGS = { fault: () => "fault", broken: (n) => `${n} broken wish${n > 1 ? "es" : ""} shown`, repeated: (n) => `${n} shown again`,
    useless: (n) => `${n} useless question${n > 1 ? "s" : ""}`, missed: () => "missed" };
  let run, found = [], shown = 0, open = -1, beside = "";

  const el = (tag, options = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "class") made.className = value;
      else if (name === "on") made.addEventListener("click", value);
      else if (value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((c) => c !== null && c !== undefined));
    return made;
  };
  const text = (number) => run.texts[number];
  const title = (item) => (item < 0 ? "" : text(run.items[item][1]));
  const many = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;

  // **bold** and *emphasis* of replies, as elements; everything else stays as it was written
  const emphasised = (line) => line.split(/(\*\*[^*\n]+\*\*|\*[^*\s][^*\n]*\*)/).map((part, at) =>
    at % 2 === 0 ? part : part.startsWith("**") ? el("strong", {}, part.slice(2, -2)) : el("em", {}, part.slice(1, -1)));

  async function unpack(body) {
    const bytes = Uint8Array.from(atob(body.trim()), (c) => c.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(plain).text());
  }

  const value = (number, at) => {
    if (number === null) return "unscored";
    const form = run.measures[at][2];
    return form === "share" ? `${(100 * number).toFixed(1)} %` : form === "money" ? number.toFixed(4)
      : Number.isInteger(number) ? number.toLocaleString("en") : number.toFixed(3);
  };

  const tags = (e) => {
    const told = run.troubles.slice(0, 5).map((name, at) => (e[E.troubles][at] ? TAGS[name](e[E.troubles][at]) : "")).filter(Boolean);
    const made = told.map((t) => el("span", { class: "tag" }, t));
    const turns = e[E.exchanges].length;
    if (!e[E.troubles][4] && !e[E.troubles][0] && turns > run.long) made.push(el("span", { class: "tag" }, `${turns} turns`));
    if (!made.length) made.push(el("span", { class: "tag fine" }, "nothing wrong"));
    return made;
  };

  const name = (e) => `${run.systems[e[E.system]]}, ${run.users[e[E.user]]} ${text(e[E.member])}` + (run.trials > 1 ? `, trial ${e[E.trial]}` : "");
  const address = (e) => [run.systems[e[E.system]], run.users[e[E.user]], text(e[E.member]), e[E.trial]].map(encodeURIComponent).join("/");

  // ---- which dialogues
  const fill = (id, options) => byId(id).replaceChildren(...options.map(([v, t]) => el("option", { value: v }, t)));

  function offer() {
    const met = (at) => [...new Set(run.episodes.map((e) => e[at]))].sort((a, b) => a - b);
    const all = [["", "all"]];
    fill("f-system", all.concat(run.systems.map((s, n) => [n, s])));
    fill("f-user", all.concat(run.users.map((u, n) => [n, u])));
    fill("f-ending", all.concat(met(E.ending).map((n) => [n, run.endings[n][1]])));
    fill("f-persona", all.concat(met(E.persona).map((n) => [n, text(n) || "(none)"]).sort((a, b) => (a[1] < b[1] ? -1 : 1))));
    fill("f-trouble", [["", "anything"], [0, "a fault"], [1, "broken wishes shown"], [2, "items shown again"],
      [3, "useless questions"], [4, "a miss"], ["none", "nothing wrong"]]);
    fill("f-measure", [["", "any"]].concat(run.measures.map((m, n) => [n, m[1]])));
  }

  function words(e) {
    if (!e.words) {
      const parts = [text(e[E.member]), title(e[E.target]), text(e[E.lastWord]), text(e[E.fault])];
      for (const x of e[E.exchanges]) parts.push(text(x[X.said]), text(x[X.reply]), ...x[X.slate].map((s) => `${title(s[0])} ${text(run.items[s[0]][0])}`));
      e.words = parts.join("\n").toLowerCase();
    }
    return e.words;
  }

  function wanted(e) {
    for (const [id, at] of [["f-system", E.system], ["f-user", E.user], ["f-ending", E.ending], ["f-persona", E.persona]]) {
      const chosen = byId(id).value;
      if (chosen !== "" && e[at] !== Number(chosen)) return false;
    }
    const trouble = byId("f-trouble").value;
    if (trouble === "none" ? e[E.troubles].slice(0, 5).some(Boolean) : trouble !== "" && !e[E.troubles][Number(trouble)]) return false;
    const measure = byId("f-measure").value;
    if (measure !== "") {
      const held = e[E.measures][Number(measure)], way = byId("f-way").value, bound = Number(byId("f-value").value);
      if (way === "none" ? held !== null : held === null || (way === "ge" ? held < bound : held > bound)) return false;
    }
    const said = byId("f-words").value.trim().toLowerCase();
    return !said || words(e).includes(said);
  }

  function choose() {
    byId("f-value").disabled = byId("f-measure").value === "" || byId("f-way").value === "none";
    byId("f-way").disabled = byId("f-measure").value === "";
    found = run.episodes.map((e, at) => at).filter((at) => wanted(run.episodes[at]));
    shown = 0;
    byId("list").replaceChildren();
    byId("count").textContent = found.length === run.episodes.length ? many(found.length, "dialogue")
      : `${found.length.toLocaleString("en")} of ${many(run.episodes.length, "dialogue")}`;
    more();
  }

  function more() {
    const next = found.slice(shown, shown + AT_ONCE);
    byId("list").append(...next.map(entry));
    shown += next.length;
    byId("more").hidden = shown >= found.length;
    byId("more").textContent = `Show more (${(found.length - shown).toLocaleString("en")} left)`;
    return next;
  }

  function entry(at) {
    const e = run.episodes[at];
    const first = e[E.exchanges].length ? text(e[E.exchanges][0][X.said]) : text(e[E.fault]) || "(nothing was said)";
    const button = el("button", { type: "button", "data-at": at, "aria-current": String(at === open), on: () => read(at, true) },
      el("b", {}, name(e)), el("span", { class: "what" }, `${run.endings[e[E.ending]][1]} · ${many(e[E.exchanges].length, "turn")} · ${text(e[E.persona])}`),
      el("span", { class: "said" }, first), ...tags(e));
    return el("li", {}, button);
  }

  // ---- one dialogue
  const others = (e) => run.episodes.filter((o) => o !== e && o[E.member] === e[E.member] && o[E.user] === e[E.user])
    .sort((a, b) => a[E.system] - b[E.system] || a[E.trial] - b[E.trial]);

  function read(at, move) {
    open = at;
    const e = run.episodes[at];
    for (const b of document.querySelectorAll("#list button")) b.setAttribute("aria-current", String(Number(b.dataset.at) === at));
    const rest = others(e);
    const other = rest.find((o) => address(o) === beside) || rest.find((o) => run.systems[o[E.system]] === beside.split("/").map(decodeURIComponent)[0]);
    byId("reader").replaceChildren(pager(e, at, rest, other), person(e), el("div", { class: "pair" }, dialogue(e), other ? dialogue(other) : null));
    history.replaceState(null, "", `#dialogue/${address(e)}`);
    if (move) {
      byId("reader").focus({ preventScroll: true });
      if (matchMedia("(max-width: 820px)").matches) byId("reader").scrollIntoView();
      else if (byId("reader").getBoundingClientRect().top < 0) byId("reader").scrollIntoView();
    }
  }

  function pager(e, at, rest, other) {
    const place = found.indexOf(at);
    const step = (by) => el("button", { type: "button", disabled: found[place + by] === undefined ? "" : undefined,
      on: () => read(found[place + by], true) }, by < 0 ? "← Worse" : "Next →");
    const select = el("select", { id: "beside" }, el("option", { value: "" }, "nobody"),
      ...rest.map((o) => el("option", { value: address(o) }, run.systems[o[E.system]] + (run.trials > 1 ? `, trial ${o[E.trial]}` : ""))));
    select.value = other ? address(other) : "";
    select.addEventListener("change", () => { beside = select.value; read(at, false); byId("beside").focus(); });
    return el("div", { class: "pager" }, step(-1), step(1), el("label", { for: "beside" }, "The same person with"), select);
  }

  function person(e) {
    const rows = [["wants", e[E.wants].map(text).join("; ") || "nothing in particular"]];
    if (e[E.target] >= 0) rows.push(["has in mind", title(e[E.target])]);
    rows.push(["persona", text(e[E.persona]) || "—"]);
    for (const [k, v] of e[E.segments]) if (text(k) !== "persona") rows.push([text(k), text(v)]);
    return el("div", { class: "person" }, el("h3", {}, `${run.users[e[E.user]]} user ${text(e[E.member])}`),
      el("dl", {}, ...rows.flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)])));
  }

  function dialogue(e) {
    const parts = [el("h4", {}, run.systems[e[E.system]] + (run.trials > 1 ? `, trial ${e[E.trial]}` : "")),
      el("p", { class: "outcome" }, `${run.endings[e[E.ending]][1]}, ${many(e[E.exchanges].length, "turn")}. `, ...tags(e)), measured(e)];
    for (const x of e[E.exchanges]) parts.push(...exchange(x, e));
    const last = text(e[E.lastWord]);
    if (last) parts.push(bubble("person-says", "person", last));
    const taken = title(e[E.taken]);
    parts.push(el("p", { class: "end" }, `Ended: ${run.endings[e[E.ending]][1]}` + (taken ? ` (${taken})` : "") + (run.endings[e[E.ending]][2] ? "." : " — not the person’s choice.")));
    if (text(e[E.fault])) parts.push(el("p", { class: "warning" }, text(e[E.fault])));
    return el("article", { class: "dialogue" }, ...parts);
  }

  const measured = (e) => el("details", {}, el("summary", {}, "Measures"),
    el("ul", {}, ...run.measures.map((m, at) => el("li", {}, `${m[1]}: ${value(e[E.measures][at], at)}`))));

  const bubble = (kind, who, said, acts = "") => el("div", { class: `bubble ${kind}` }, el("span", { class: "who" }, acts ? `${who} · ${acts}` : who), ...emphasised(said));

  function exchange(x, e) {
    const parts = [bubble("person-says", "person", text(x[X.said]), x[X.acts].map((a) => text(a).replaceAll("_", " ")).join(", ")),
      bubble("agent-says", "agent", text(x[X.reply]))];
    if (x[X.asked]) {
      const [kind, field] = x[X.asked].map(text);
      parts.push(el("p", { class: "asks" }, `Question (${kind.replaceAll("_", " ")}${field ? `, about ${field}` : ""})`));
    }
    if (x[X.slate].length) parts.push(el("ol", { class: "slate" }, ...x[X.slate].map((s) => card(s, e))));
    if (x[X.knows].length) parts.push(el("ul", { class: "knows" }, "knows: ", ...x[X.knows].map((k) => el("li", {}, text(k)))));
    if (x[X.trace].length) parts.push(trace(x));
    return parts;
  }

  function card([item, relevant, fits, reason], e) {
    const right = item === e[E.target] || relevant === true;
    const signs = [];
    if (item === e[E.target]) signs.push(el("span", { class: "sign good" }, "✔ the item in mind"));
    else if (relevant === true) signs.push(el("span", { class: "sign good" }, "✔ known to be liked"));
    if (!fits) signs.push(el("span", { class: "sign bad" }, "✘ breaks a wish told"));
    if (item === e[E.taken]) signs.push(el("span", { class: "sign" }, "taken"));
    return el("li", { class: fits ? (right ? "right" : "") : "breaks" }, el("b", {}, title(item)), text(reason), ...signs);
  }

  function trace(x) {
    const steps = x[X.trace].map(([stage, into, out, note, fallback]) => el("li", {}, text(stage)
      + (into !== null || out !== null ? ` ${into ?? "—"} → ${out ?? "—"}` : "") + (text(note) ? `: ${text(note)}` : "") + (fallback ? " (fell back)" : "")));
    const [calls, into, out, cost] = x[X.cost];
    const bill = calls ? `${many(calls, "model call")}, ${many(into, "token")} in, ${out.toLocaleString("en")} out` + (cost === null ? "" : `, cost ${cost.toFixed(4)}`) : "no language model was called";
    return el("details", {}, el("summary", {}, "What happened"), el("ol", {}, ...steps), el("span", { class: "quiet" }, bill));
  }

  // ---- start
  function addressed() {
    const wish = location.hash.startsWith("#dialogue/") ? location.hash.slice(10) : "";
    return wish ? run.episodes.findIndex((e) => address(e) === wish) : -1;
  }

  async function start() {
    run = await unpack(byId("packed").textContent);
    run.trials = new Set(run.episodes.map((e) => e[E.trial])).size;
    byId("browser").hidden = false;
    offer();
    choose();
    byId("filters").addEventListener("input", choose);
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("filters").addEventListener("reset", () => setTimeout(choose));
    byId("more").addEventListener("click", () => {
      const next = more();
      document.querySelector(`#list button[data-at="${next[0]}"]`)?.focus();
    });
    const asked = addressed();
    if (asked >= 0) { read(asked, true); byId("reader").scrollIntoView(); } else if (found.length) { open = found[0]; const hash = location.hash; read(open, false); history.replaceState(null, "", hash || location.pathname + location.search); }
  }

  start().catch((wrong) => {
    byId("trouble").hidden = false;
    byId("trouble").textContent = `The dialogues could not be unpacked (${wrong.message}). A browser of 2023 or later is needed; they are also in dialogues.jsonl.`;
  });
})();
