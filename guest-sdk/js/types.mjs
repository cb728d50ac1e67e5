// fields.d.ts: what rule.js may import, for the editor.

import { imported } from "./contract.mjs";

/** How WIT's plain types arrive in JavaScript. */
const PLAIN = { string: "string", bool: "boolean", u8: "number", u32: "number", f64: "number" };
const WIDE = { u64: "bigint", s64: "bigint" };
const TYPES = "baton:rules/types@1.0.0";

/** The declarations of everything that a rule of these fields may import. */
export function writeTypes(contract, reads, settings) {
  const functions = imported(contract, reads, settings);
  const modules = [...new Set(functions.map((it) => it.interface))].map((name) => {
    const own = functions.filter((it) => it.interface === name).map(writeFunction);
    const types = `  import type * as types from "${TYPES}";\n\n`;
    return `declare module "baton:rules/${name}@1.0.0" {\n${types}${own.join("\n")}}\n`;
  });
  return `// Written by the build from wit/v1 and rule.json; do not edit.

declare module "${TYPES}" {
${writeRecords(contract.types)}}

${modules.join("\n")}`;
}

function writeFunction({ name, docs, type, uses }) {
  const [, parameters, result] = type.match(/^func\((.*)\) -> (.*)$/);
  const parameter = parameters.replace(/^(\S+): (\S+)$/, (_, it, of) => `${it}: ${typed(of, uses)}`);
  const comment = docs.map((line) => `   * ${line}\n`).join("");
  return `  /**\n${comment}   */\n  export function ${camel(name)}(${parameter}): ${typed(result, uses)};\n`;
}

/** Records and other names of the types, all of them: none costs anything. */
function writeRecords(types) {
  const aliases = [...types.matchAll(/^ {4}type ([a-z-]+) = (.*);/gm)].map(
    ([, name, of]) => `  export type ${pascal(name)} = ${typed(of)};\n`,
  );
  const records = [...types.matchAll(/^ {4}record ([a-z-]+) \{\n(.*?)^ {4}\}/gms)].map(
    ([, name, body]) => {
      const members = [...body.matchAll(/((?:^ *\/\/\/.*\n)+) *([a-z-]+): (.*),$/gm)].map(
        ([, docs, member, of]) =>
          `    /** ${docs.replaceAll(/\s*\/\/\/ /g, " ").trim()} */\n` +
          `    ${camel(member)}${optional(of)}: ${typed(of)};\n`,
      );
      return `  export interface ${pascal(name)} {\n${members.join("")}  }\n`;
    },
  );
  return [...aliases, ...records].join("\n");
}

const optional = (type) => (type.startsWith("option<") ? "?" : "");

/** The type in TypeScript. `uses` are an interface's names of the types; without, all are at hand. */
function typed(type, uses) {
  const known = PLAIN[type] ?? WIDE[type];
  if (known) {
    return known;
  }
  const [, outer, inner] = type.match(/^([a-z]+)<(.*)>$/) ?? [];
  if (outer === "option") {
    return `${typed(inner, uses)} | undefined`;
  }
  if (outer === "list") {
    return `Array<${typed(inner, uses)}>`;
  }
  if (outer === "tuple") {
    return `[${inner.split(", ").map((it) => typed(it, uses)).join(", ")}]`;
  }
  const use = uses?.find((it) => it.endsWith(` as ${type}`));
  return `${uses ? "types." : ""}${pascal(use ? use.split(" as ")[0] : type)}`;
}

const camel = (name) => name.replaceAll(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const pascal = (name) => camel(`-${name}`);
