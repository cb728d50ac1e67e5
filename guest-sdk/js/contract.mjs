// The contract as wit/v1 has it, and the world of a rule that reads a part of it.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Something that the author of the rule can put right. */
export class Refused extends Error {}

/** The version of what says nothing of its version. */
const FIRST_VERSION = "1.0.0";

/** The setting function of each type of setting. */
export const SETTING_TYPES = ["boolean", "integer", "decimal", "text", "texts"];

/**
 * Reads the contract: the text of its types, and each function of its
 * interfaces by its name, `interface.function`, with its documentation, its
 * type, the names that its interface uses of the types, and the version of the
 * contract that it came with.
 */
export function readContract(folder) {
  const read = (file) => readFileSync(join(folder, file), "utf8");
  const functions = new Map();
  for (const file of ["fields.wit", "settings.wit"]) {
    for (const [, name, body] of read(file).matchAll(/^interface ([a-z-]+) \{\n(.*?)^\}/gms)) {
      const uses = [...body.matchAll(/^ *use types\.\{(.*)\};/gm)].flatMap(([, names]) =>
        names.split(", "),
      );
      for (const [, docs, since, fn, type] of body.matchAll(
        /((?:^ *\/\/\/.*\n)+)(?: *@since\(version = ([0-9.]+)\)\n)? *([a-z-]+): (func\(.*\) -> .*);/gm,
      )) {
        const lines = docs.trim().split("\n").map((line) => line.trim().slice(4));
        const version = since ?? FIRST_VERSION;
        functions.set(`${name}.${fn}`, { interface: name, name: fn, docs: lines, type, uses, version });
      }
    }
  }
  return { types: read("types.wit"), functions };
}

/** The functions that a rule imports: its fields, then its kinds of settings. */
export function imported(contract, reads, settings) {
  const names = [...reads, ...new Set(settings.map(({ type }) => `settings.${type}`))];
  return names.map((name) => {
    const found = contract.functions.get(name);
    if (!found) {
      throw new Refused(`rule.json: there is no ${name}; wit/v1/fields.wit has those there are`);
    }
    return found;
  });
}

/** The world of a rule that reads these fields, as WIT. */
export function writeWorld(contract, reads, settings) {
  const functions = imported(contract, reads, settings);
  const names = [...new Set(functions.map((it) => it.interface))];
  const interfaces = names.map((name) => {
    const own = functions.filter((it) => it.interface === name);
    const uses = own[0].uses.filter((use) => {
      const known = use.split(" as ").at(-1);
      return own.some(({ type }) => new RegExp(`[ <]${known}[> ]?$|<${known}>`).test(type));
    });
    const lines = [
      ...(uses.length > 0 ? [`    use types.{${uses.join(", ")}};`] : []),
      ...own.map((it) => `    ${it.name}: ${it.type};`),
    ];
    return `interface ${name} {\n${lines.join("\n")}\n}\n`;
  });
  const imports = names.map((name) => `    import ${name};\n`).join("");
  // No newer than what it reads, so that older hosts take it, too.
  const minor = ({ version }) => Number(version.split(".")[1]);
  const newest = functions.reduce(
    (newest, it) => (minor(it) > minor(newest) ? it : newest),
    { version: FIRST_VERSION },
  );
  return `package baton:rules@${newest.version};

${contract.types}
${interfaces.join("\n")}
world rule {
${imports}    use types.{signal};
    export score: func() -> list<signal>;
}
`;
}
