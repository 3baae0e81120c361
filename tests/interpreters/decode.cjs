// Reads ESC/POS bytes from standard input with npos, a program that is not ours, and says what it found as JSON:
// the commands in order, the text in the code page that the job selects, and every raster as rows of 0 and 1.
// Exits with 1 and npos's own message when a byte is no command that it knows.
"use strict";
console.warn = () => {};
const iconv = require("iconv-lite"); // npos's own; Node's decoder of this page has had faults
const npos = require("npos");
const raw = require("node:fs").readFileSync(0);

// npos knows GS ( A … N and K; QR symbols (GS ( k) have the same form. Its rules are meant to be extended so.
const rules = JSON.parse(JSON.stringify(npos.rules));
for (const [code, group] of Object.entries(npos.rules)) rules[code] = group;
rules[0x1d] = { ...npos.rules[0x1d], "(k": [0, "d16"] };

const PAGES = { 16: "windows-1252", 19: "cp858", 71: "windows-1252" };
npos
  .parser(rules)
  .parse(raw)
  .then((ast) => {
    let page = "windows-1252";
    const commands = ast.tree.map((node) => node.ascii + (node.fn || ""));
    for (const node of ast.tree) {
      if (node.ascii === "ESC" && node.fn === "t") page = PAGES[raw[node.offset + 2]] || "unknown";
    }
    const parts = [];
    for (const entry of ast.entries) {
      if (entry.type === "text") parts.push({ text: iconv.decode(entry.data, page) });
      if (entry.type === "raster") {
        const { width, height } = entry.data;
        const rows = [];
        for (let y = 0; y < height; y++) {
          let row = "";
          for (let x = 0; x < width; x++) row += entry.data.getPixel(x, y) === 0 ? "1" : "0";
          rows.push(row);
        }
        parts.push({ rows });
      }
    }
    process.stdout.write(JSON.stringify({ page, commands, parts }));
  })
  .catch((error) => {
    process.stderr.write(String(error.message) + "\n");
    process.exit(1);
  });
