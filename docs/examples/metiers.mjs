// Jobs near each of the jobs found, then every whole sheet, line by line. Run: node metiers.mjs http://127.0.0.1:8000
import { createInterface } from "node:readline";
import { Readable } from "node:stream";

const base = process.argv[2];
const get = async (path) => {
  const answer = await fetch(base + path);
  if (!answer.ok) throw new Error((await answer.json()).detail);
  return answer;
};

const found = await (await get("/api/v1/search?q=boulanger&per_page=3")).json();
for (const fiche of found.results) {
  const near = await (await get(`${fiche.links.self}/similaires?limit=2`)).json();
  console.log(fiche.id, fiche.title, "→", near.results.map((each) => each.title).join(", "));
}

const lines = createInterface({ input: Readable.fromWeb((await get("/api/v1/metiers.ndjson")).body) });
let count = 0;
for await (const line of lines) count += JSON.parse(line).sections.length > 0;
console.log(count, "fiches");
