"""Mends addresses as others write them: copied with a full stop, changed by a newsletter, encoded twice or otherwise.

In: the path and the query string of a request, as they came. Out: the path as we write it, the parameters it means.
"""

import re
from contextlib import suppress
from typing import Final
from urllib.parse import unquote_to_bytes

from search.fiche import NUMBER
from search.fields import FACET_BY_NAME
from search.folding import MISREAD

MEASURING: Final = re.compile(
    r"(?:utm|mtm|pk|matomo|piwik|hsa|at|fb|ga|gad|sfmc|guce|oly|vero|sc|ml|ir|ck)_[a-z0-9_]{1,40}"
    r"|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|msclkid|mc_cid|mc_eid|yclid|ttclid|twclid|li_fat_id|igshid|igsh"
    r"|srsltid|_ga|_gl|_hsenc|_hsmi|_openstat|mkt_tok|s_cid|xtor|_|_kx|_branch_match_id|epik|ncid|cmpid|wprov|ref_src"
    r"|rdt_cid|sccid|tblci|dicbo|ysclid|irclickid|cjevent|elqtrackid|hsctatracking|guccounter|dm_i|trk|spm"
)
"""Parameters that newsletters, advertisements, social networks and scripts add to links to count who follows them."""

_GOING_ON: Final = re.compile("%[89ABab]")

_TWICE: Final = re.compile(
    r"%[C-F][0-9A-F](?:%[89AB][0-9A-F])+|(?-i:(?:\A|(?<=[a-zA-Z\s]))%[C-F][0-9A-F](?=[a-z]))", re.IGNORECASE
)
"""Letters of UTF-8 or Latin-1 that were encoded twice: %25C3%25A9, m%25E9decin. "50%de" and "50%DE" are text."""

_LIST: Final = re.compile(rf"({'|'.join((*FACET_BY_NAME, 'dans', 'id', 'garde'))})\[\d{{0,3}}\]")
"""The name of a parameter that may come several times as some languages write it: niveau[]=, niveau[0]=."""

_ID: Final = re.compile(rf"(?a:met)[.\-_ ]?0{{0,8}}(?P<number>{NUMBER})", re.IGNORECASE)
_SHEET: Final = re.compile(
    r"(?P<before>/(?:api/v1/)?metiers/)(?P<id>[^/]{1,400})(?P<after>/similaires|/index\.html?)?\Z", re.IGNORECASE
)
_DIPLOMA: Final = re.compile(r"/diplomes/(?a:for)[.\-_ ]?(?P<number>\d{1,9})\Z", re.IGNORECASE)
_TAIL: Final = re.compile(r"(?:[&?;#|].*|\.(?:html?|json|php|aspx?|md|pdf))\Z", re.IGNORECASE | re.DOTALL)
"""What follows an identifier that is no part of it: parameters without their "?", a number of a session, an ending."""

_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_SLASHES: Final = re.compile("/{2,}")
_BEFORE: Final = " \t\u00a0'\"«“(<[*"
_AFTER: Final = " \t\u00a0/.,;:!?…'’\"»”)>]*"
"""What a sentence, or whoever copies from it, leaves before and after an address."""


def is_measuring(name: str) -> bool:
    """Whether a parameter only counts who follows a link."""
    return MEASURING.fullmatch(name.lower()) is not None


def letters_of(query_string: str) -> int:
    """How many characters a query string has for a reader: %C3%A9 is one, since %A9 only goes on with a character."""
    return len(query_string) - 2 * query_string.count("%") - len(_GOING_ON.findall(query_string))


def pairs_of(query_string: bytes) -> list[tuple[str, str]]:
    """The parameters of a query string, in order. Bytes that are no UTF-8 are read as Windows-1252, as browsers do."""
    pairs = []
    for part in query_string.split(b"&"):
        name, _, value = part.partition(b"=")
        if part:
            # A link copied out of the source of a page has its & written &amp;
            pairs.append((_bare(_decoded(name).removeprefix("amp;")), _decoded(value)))
    return pairs


def _bare(name: str) -> str:
    found = _LIST.fullmatch(name) if name.endswith("]") else None
    return found[1] if found else name


def _decoded(written: bytes) -> str:
    if written.isalnum():  # most names and values: nothing to decode
        return written.decode("ascii")
    text = _text(unquote_to_bytes(written.replace(b"+", b" ")))
    if _TWICE.search(text):
        text = _text(unquote_to_bytes(text))
    if MISREAD.search(text):
        with suppress(UnicodeError):
            return text.encode("cp1252").decode("utf-8")
    return text


def _text(sent: bytes) -> str:
    try:
        return sent.decode("utf-8")
    except UnicodeDecodeError:
        # Five bytes of Windows-1252 mean nothing.
        return sent.decode("cp1252", "replace")


def identifier(text: str) -> str | None:
    """The identifier of a sheet as we write it, from "met.17", "MET-17" or "MET.17."; None if the text is none."""
    match = _ID.fullmatch(text.lstrip(_BEFORE).rstrip(_AFTER))
    return f"MET.{match['number']}" if match else None


def parted_tail(path: str) -> tuple[str, str]:
    """A path without what tools put behind it, and the parameters that this holds ("/carte&q=a" has "q=a")."""
    bare = _TAIL.sub("", path)
    return bare, path[len(bare) + 1 :] if path[len(bare) :].startswith(("?", "&")) else ""


def tidied(path: str) -> str:
    """The path as we write it; it may still lead nowhere.

    Doubled slashes become one; slashes and signs of punctuation at the end go; the first part is put in lower case; of
    what stands in place of a sheet or a diploma only the identifier stays.
    """
    bare = _SLASHES.sub("/", path.translate(_INVISIBLE).rstrip(_AFTER))
    if match := _SHEET.match(bare):
        id = identifier(_TAIL.sub("", match["id"]))
        after = "" if (match["after"] or "").lower().startswith("/index") else (match["after"] or "").lower()
        return f"{match['before'].lower()}{id}{after}" if id else path
    if diploma := _DIPLOMA.match(_TAIL.sub("", bare)):
        return f"/diplomes/FOR.{int(diploma['number'])}"
    first, slash, rest = bare[1:].partition("/")
    return f"/{first.lower()}{slash}{rest}"
