"""Texts that were deadly to a search, and addresses that are too much: for tests of answers and of costs."""

KILLERS = {
    "star": "*",
    "stars": "*e*",
    "range": "[a TO z]",
    "prefixes": " ".join(f"{letter}*" for letter in "abcdefghijklmnopqrstuvwxyz"),
    "parentheses": "(" * 1_000,
    "nots": "NOT " * 100,
    "minuses": "-" * 2_000,
    "one long word": "a" * 2_000,
    "far too long": "a" * 10_000,
    "quotes": '"' * 1_999,
    "open phrase": '"' + "de la " * 300,
    "stop words": "de la le les un une des " * 80,
    "every field": "titre:a " * 250,
    "regex": "(a+)+$ .*.*.*.*.*.*b",
    "fuzzy": "boulanjer~9 " * 150,
    "ligatures": "ﬃ" * 2_000,
    "combining": "e" + "\u0301" * 1_999,
    "zalgo": "".join(letter + "\u0316\u0317\u0318" for letter in "boulanger" * 5),
    "arabic ligature": "\ufdfa" * 2_000,
    "digits": "9" * 2_000,
    "near misses": " ".join(f"bolange{letter}r" for letter in "abcdefghijklmnopqrst")[:200],
}

SWOLLEN = {
    "an address of 8 kB": "q=" + "a" * 8_192,
    "300 filters": "&".join(["niveau=bac-2"] * 300),
    "600 unknown parameters": "&".join(f"x{number}=1" for number in range(600)),
}
