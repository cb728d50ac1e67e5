#!/usr/bin/env node
// Builds a rule in JavaScript: `node build.mjs FOLDER` makes FOLDER/NAME.wasm of
// rule.json and rule.js, and writes fields.d.ts for the editor.
//
// The component imports each field of the world it is built against, called or
// not. So the world is written here, of the declared fields only, out of the
// contract itself (wit/v1).

import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { Refused, readContract, writeWorld } from "./contract.mjs";
import { customSection, readRule } from "./rule.mjs";
import { writeTypes } from "./types.mjs";

/** The version of jco whose components were tried against the host's limits. */
const JCO = "1.35.0";
/** jco does not ask whether what the world exports is there. */
const EXPORTS_SCORE =
  /^\s*export\s+(?:function|const|let)\s+score\b|^\s*export\s*\{[^}]*\bscore\b/m;
const CONTRACT = join(dirname(fileURLToPath(import.meta.url)), "../../wit/v1");

function build(folder) {
  const contract = readContract(CONTRACT);
  const { declaration, reads } = readRule(join(folder, "rule.json"));
  if (!EXPORTS_SCORE.test(readFileSync(join(folder, "rule.js"), "utf8"))) {
    throw new Refused("rule.js does not export `score`: write `export function score() {`");
  }
  const settings = declaration.settings ?? [];
  const types = writeTypes(contract, reads, settings);
  writeFileSync(join(folder, "fields.d.ts"), types);
  const component = join(folder, `${declaration.name}.wasm`);
  const scratch = mkdtempSync(join(tmpdir(), "baton-rule-"));
  try {
    const wit = join(scratch, "rule.wit");
    writeFileSync(wit, writeWorld(contract, reads, settings));
    componentize(folder, wit, component);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  writeFileSync(component, withoutHome(readFileSync(component)));
  appendFileSync(component, customSection(declaration));
  console.log(`${declaration.name}: ${statSync(component).size} bytes in ${component}`);
  for (const field of reads) {
    console.log(`  reads ${field}`);
  }
}

function componentize(folder, wit, component) {
  const args = ["componentize", join(folder, "rule.js"), "--wit", wit, "--world-name", "rule"];
  // QuickJS: an engine of a megabyte. Without WASI: a rule has no clock, no
  // files and no chance.
  args.push("--backend", "qjs", "--backend-qjs-stub-wasi", "--backend-qjs-disable-async");
  args.push("--out", component);
  const done = spawnSync(process.execPath, [findJco(folder), ...args], { encoding: "utf8" });
  if (done.status !== 0) {
    throw new Refused(
      "jco does not build rule.js (each field that it imports must stand in `reads` of rule.json, " +
        `each kind of setting in \`settings\`):\n${done.stderr}${done.stdout}`,
    );
  }
}

/** jco's engine tells in its panics of the home in which it was built; a
 * component names nobody's folders. The length stays, since the paths are data. */
function withoutHome(component) {
  const bytes = component.toString("latin1");
  return Buffer.from(bytes.replaceAll(/\/home\/runner(?=\/\.cargo\/)/g, "/jco-builder"), "latin1");
}

/** The program of jco, from the packages of the rule. */
function findJco(folder) {
  let library;
  try {
    library = createRequire(join(folder, "package.json")).resolve("@bytecodealliance/jco");
  } catch {
    throw new Refused(`jco is not installed in ${folder}: run \`npm ci\` there`);
  }
  const { version } = JSON.parse(readFileSync(join(dirname(library), "../package.json"), "utf8"));
  if (version !== JCO) {
    throw new Refused(`jco is ${version}; rules are built with ${JCO}: set it in package.json`);
  }
  return join(dirname(library), "jco.js");
}

try {
  build(resolve(process.argv[2] ?? "."));
} catch (error) {
  if (!(error instanceof Refused)) {
    throw error;
  }
  console.error(`rule: ${error.message}`);
  process.exitCode = 1;
}
