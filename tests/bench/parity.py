"""Both engines on the same sheets, names and judged queries. In: sheets, queries. Out: the table of what differs.

    python tests/bench/parity.py --write docs/scaling.md
    python tests/bench/parity.py --every 20              a twentieth of the queries: to see that it works

Everything of an answer is compared: the sheets found, all facet counts, the understanding, the order, the excerpts.
Then both are measured by `metiers evaluate`'s own figures.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import corpus
import report
from scale import cluster_settings, quiet

from search.cluster.engine import OpenSearchEngine
from search.embedded.engine import EmbeddedEngine
from search.engine import Engine, Hits
from search.evaluation import Evaluation, evaluate, read
from search.french import names, sentence_facets
from search.query import Query
from search.sources import esco, rome

SHARED = Path(__file__).resolve().parents[3] / "shared"
ROME = SHARED / "vocabulary" / "unix_referentiel_appellation_v460_utf8.csv"
ESCO = SHARED / "vocabulary" / "esco_occupations_fr.csv"
PAGE = 50


def main() -> None:
    """Read the command line, compare, tell."""
    parser = argparse.ArgumentParser(description="Both engines on the judged queries.")
    parser.add_argument("sources", nargs="*", type=Path, default=[SHARED / "corpus" / "metiers"])
    parser.add_argument(
        "--judged",
        nargs="+",
        type=Path,
        default=[SHARED / "relevance", SHARED / "people"],
        help="folders of queries.tsv",
    )
    parser.add_argument("--rome", type=Path, default=ROME)
    parser.add_argument("--esco", type=Path, default=ESCO)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one query in N [1]")
    parser.add_argument("--url", default="", help="a cluster that runs [one node started here]")
    report.add_outputs(parser)
    options = parser.parse_args()
    lists = [each.read(path) for each, path in ((rome, options.rome), (esco, options.esco)) if path.exists()]
    fiches, nowhere = names.named(corpus.real(options.sources), lists)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="parity-")))
        queries, qrels = folder / "queries.tsv", folder / "qrels.txt"
        queries.write_text("".join(_joined(options.judged, queries.name)[:: options.every]), encoding="utf-8")
        qrels.write_text("".join(_joined(options.judged, qrels.name)), encoding="utf-8")
        settings = cluster_settings(stack, options.url, "parity")
        local = stack.enter_context(closing(EmbeddedEngine(folder / "index")))
        far = stack.enter_context(closing(OpenSearchEngine(settings)))
        for engine in (local, far):
            engine.rebuild(fiches, ("parity",), quiet, nowhere=nowhere)
        judged = read(queries, qrels)
        differing, examples = compared(local, far, [each.text for each in judged])
        measured = [evaluate(each, queries, qrels, quiet) for each in (local, far)]
    extent = f"{len(fiches):,} sheets, {len(judged):,} judged queries"
    report.tell(options, "parity", extent, told(measured, differing, examples, len(judged)), None)


def _joined(folders: Sequence[Path], name: str) -> list[str]:
    """The lines of the files of this name, one folder after the other."""
    return [
        line for folder in folders for line in (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    ]


def compared(local: Engine, far: Engine, texts: Sequence[str]) -> tuple[Counter[str], list[str]]:
    """How many answers differ, by what; and the first texts whose order does."""
    differing: Counter[str] = Counter()
    examples: list[str] = []
    for text in texts:
        asked = sentence_facets.read(Query(text=text, per_page=PAGE), local.facet_values).query
        one, other = (engine.search(asked) for engine in (local, far))
        for name, same in _alike(one, other).items():
            differing[name] += not same
            if name == "order of the first ten" and not same and len(examples) < 5:
                examples.append(text)
    return differing, examples


def _alike(one: Hits, other: Hits) -> dict[str, bool]:
    ids, others = ([hit.fiche.id for hit in each.hits] for each in (one, other))
    quoted, requoted = ({hit.fiche.id: (hit.title_ranges, hit.excerpts) for hit in each.hits} for each in (one, other))
    return {
        "number of sheets found": one.total == other.total,
        "facet counts": one.facets == other.facets,
        "understanding of the words": one.understanding == other.understanding,
        "first sheet": ids[:1] == others[:1],
        "order of the first ten": ids[:10] == others[:10],
        f"order of the first {PAGE}": ids == others,
        "excerpts of the same sheet": all(quoted[id] == requoted[id] for id in quoted.keys() & requoted.keys()),
    }


def _row(name: str, local: float, far: float) -> tuple[str, ...]:
    return name, f"{local:.4f}", f"{far:.4f}", f"{far - local:+.4f}"


def told(
    measured: Sequence[Evaluation], differing: Counter[str], examples: Sequence[str], asked: int
) -> tuple[str, ...]:
    """The two tables and the examples."""
    local, far = measured
    families = [_row(name, local.counted(name), far.counted(name)) for name in local.families]
    families.append(_row("mean of the sheets' words", local.score, far.score))
    families.append(_row("mean of people's words", local.people, far.people))
    return (
        report.table(
            ("answers that differ", "queries", "of"), [(name, count, asked) for name, count in differing.items()]
        ),
        "Order that differs, for instance: " + ", ".join(f"« {each} »" for each in examples) + "."
        if examples
        else "No order differs in the first ten.",
        report.table(("family", "embedded", "OpenSearch", "difference"), families),
    )


if __name__ == "__main__":
    main()
