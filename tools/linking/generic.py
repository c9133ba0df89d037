"""Words of ordinary talk that say nothing about taste in any domain."""

from __future__ import annotations

GENERIC = frozenset(
    """
    able about above absolutely accept ace actual actually advice afternoon again ago ah aha ahead ahh aimed alone
    along already alright also always amazing and annoyed annoys another answer any anybody anymore anyone anything
    anyway apparently appeal appeals appreciate argh around asap ask asked asking atm atmosphere away awesome awful
    awhile back bad based basically because bed been before beginner being believe below best better bf big bit blah
    bored boring both bother bothered boyfriend brain brilliant bring brings bro brought bruh btw bunch but bye came
    can cant care case catch certain certainly chance change character characters check cheers choice choose classed
    click clicks come comes common compromise compromises consider containing convinced cool cos couch could couldnt
    counts couple course coz crap crave craving cup curious cuz dad dating daughter day days dealer dealers dear
    decent decide definitely department depends did didnt different dinner do does doesnt doing done dont dude dunno
    each easy eh either else end ending endings enjoy enjoyed enough er especially even evening ever every everybody
    everyone everything exactly excellent except exceptionally exhausted explain extremely fairly fan fancy
    fantastic far fave favorite favourite featuring feel feeling feels felt few fiction finally find fine first flu
    fond for forget found frankly friday friend friends from full fully fyi gah gave gem gems genre genuinely get
    gets getting gf gimme girl girlfriend give given go goes going gone gonna good got gotta great guess guy guys
    had haha hahaha half hand handful hankering happen happened happens hard has hate hated hates have havent having
    he hear heard hed hello help helpful her here heres hers hey hi higher him hints his hit hits hiya hm hmm
    honestly hope hopefully hoping hour hours how however hows hrs huge hungover hurry husband id idea ideally ideas
    idk if ill im imagine imdb imho imo important in incredibly inside instead interest interested interesting into
    involving is isnt it itch itll its itself ive just k keen keep kid kids kind kinda kinds kk knew know known lack
    last lasting lasts late lately later lead leads least leave leaves left lemme less let lets like liked likes
    limited line lines list literally little ll lmao load loads lol long look looked looking looks lot lots love
    loved lovely loves lower made main mainly make makes making man many mate mates matter may maybe me mean means
    meant meh might mind mine mins minute minutes miss mix mm moment monday mood more moreover morning most mostly
    mother mr mrs much mum must mustnt my myself nah name need needed needs neither never new next nice night no
    nobody none nope nor normal normally not note nothing novel novels now np number obviously of oh ok okay old omg
    on once one ones online only onto ooh open opinion option options or original other outside others otherwise our out
    over overall own pair part particularly partner pass passing past people per perfect perhaps person personally
    pick picks pity please plenty plot pls plus plz pm point possible possibly prefer preferably preference
    preferences pretty probably problem proper properly put puts question quick quickly quite rainy rate rather
    rating ratings read reading ready real really reason recent recently recommend recommendation recommendations
    recommended relax relaxing remarkably remember reminded request rest ride right rly rn ruled runs rush said same
    sat saturday saw say says scored scoring search second see seem seems seen sense seriously set several shall
    shame share she shed short should shouldnt show shown shows sick side similar simple simply since sister sit
    smth so sold some somebody somehow someone something sometimes somewhat somewhere son soon sorry sort sorta
    sorts sound sounds spend spot star start started starting sth still stop stories story stuff style such suggest
    suggested suggestion suggestions suit suitable sunday super suppose sure surprise switch ta tad take taken takes
    talk taste tbh tell tempt tempted tend than thank thanks that thatll thats the their them then there theres
    these they theyd theyre theyve thing things think thinking this tho those though thought thursday thx til till
    time times tired title titles to today together told tomorrow ton tone tonight tons too took top total totally
    touch tried trip true truly try trying tuesday turn turns ty type types ugh uh um under understand unfortunately
    unless until unwind up us use used usual usually various ve vein version very via vibe vibes vibing viewing
    voted wait wanna want wanted wants was wasnt watch watched watching way we wed wednesday week weekend welcome
    well went were weve what whatever whats when whens where wheres whether which while who whoa whole whom whos
    whose why whys wife will wish with within without wonder wonderful wondering wont word words work works world
    worse worst worth would wouldnt wow wrong wtf ya yall yay yeah year yep yes yesterday yet yikes yo you youd your
    youre yours youve yup
    """.split()  # noqa: SIM905 (a list of words reads better as text)
)
