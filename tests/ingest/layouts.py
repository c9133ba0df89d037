"""The layouts of public data sets, a few rows of each: file name to text."""

from __future__ import annotations

from pathlib import Path


def _flags(*genres: int) -> str:
    return "".join(f"|{int(n in genres)}" for n in range(19))


ML_100K = {
    "u.item": f"1|Toy Story (1995)|01-Jan-1995||http://example{_flags(3, 4, 5)}\n"
    f"2|Godfather, The (1972)|01-Jan-1972||http://example{_flags(6, 8)}\n"
    f"3|Amélie (2001)|01-Jan-2001||http://example{_flags(0)}\n",
    "u.data": "7\t1\t4\t964982703\n7\t2\t5\t964982800\n8\t1\t3\t964982900\n",
}
ML_1M = {
    "movies.dat": "1::Toy Story (1995)::Animation|Children's|Comedy\n2::Godfather, The (1972)::Crime|Drama\n"
    "3::Amélie (2001)::(no genres listed)\n",
    "ratings.dat": "7::1::4::964982703\n7::2::5::964982800\n8::1::3::964982900\n",
    "users.dat": "7::F::1::10::48067\n",
}
LATEST_SMALL = {
    "movies.csv": "movieId,title,genres\n1,Toy Story (1995),Animation|Children|Comedy\n"
    '2,"Godfather, The (1972)",Crime|Drama\n3,"Amélie (Le Fabuleux Destin) (2001)",(no genres listed)\n',
    "ratings.csv": "userId,movieId,rating,timestamp\n7,1,4.0,964982703\n7,2,5.0,964982800\n8,1,3.0,964982900\n",
    "links.csv": "movieId,imdbId,tmdbId\n1,0114709,862\n2,0068646,\n3,0211915,194\n",
    "tags.csv": "userId,movieId,tag,timestamp\n7,1,Pixar,1\n8,1,pixar,2\n8,1,toys,3\n8,1,ok,4\n",
}
ML_25M = LATEST_SMALL | {
    "genome-tags.csv": "tagId,tag\n1,007\n",
    "genome-scores.csv": "movieId,tagId,relevance\n1,1,0.02875\n",
}
METADATA = {
    "facts.csv": "imdb_id,tmdb_id,title,year,runtime,directors,cast,genres\n"
    "tt0068646,238,The Godfather,1972,175,Francis Ford Coppola,Marlon Brando|Al Pacino,Mafia\n"
    ",862,Another Name,1995,81,John Lasseter,Tom Hanks,Toons\n"
    ",,Amelie,2001,122,Jean-Pierre Jeunet,Audrey Tautou,Whimsy\n"
    "tt9999999,,Nobody Knows It,2020,90,,,\n"
}
KNOWN_TABLES = {
    "a.csv": "id,title,release_date,runtime,overview,genres,keywords,production_countries,original_language\n"
    '862,Toy Story,1995-10-30,81,Toys live.,"[{""name"": ""Animation""}]","[{""name"": ""jealousy""}]",'
    '"[{""name"": ""United States of America""}]",en\n',
    "b.csv": "movie_title,title_year,movie_imdb_link,duration,director_name,actor_1_name,actor_2_name,actor_3_name,"
    "plot_keywords,country,language,content_rating\n"
    "Toy Story,1995,http://example/title/tt0114709/,80,John Lasseter,Tom Hanks,Tim Allen,,toy|boy,USA,English,G\n",
    "c.json": '{"1": {"name": "Toy Story (1995)", "imdb_id": "tt0114709", "plot": "Other.", "star": ["Nobody"]}}',
}
"""The columns of TMDB 5000, IMDB 5000 and ReDial, by which they are recognised."""
GOODBOOKS = {
    "books.csv": "book_id,title,authors,original_publication_year,language_code,average_rating,ratings_count\n"
    '1,"Catching Fire (The Hunger Games, #2)","Suzanne Collins, Somebody Else",2009.0,eng,4.30,1831039\n'
    "2,Dune,Frank Herbert,,en-US,4.19,494852\n",
    "ratings.csv": "user_id,book_id,rating\n9,1,5\n",
}
RECBOLE = {
    "tiny.item": "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tToy Story\t1995\tAnimation Comedy\n2\tGoldenEye\t1994\tAction\n",
    "tiny.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    "7\t1\t4\t881250949\n7\t2\t5\t881250950\n",
}


def lay_out(folder: Path, files: dict[str, str]) -> Path:
    """Write the files; those of the two oldest layouts stand in Latin-1, as published."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        encoding = "latin-1" if name.startswith("u.") or name.endswith(".dat") else "utf-8"
        (folder / name).write_text(text, encoding=encoding)
    return folder
