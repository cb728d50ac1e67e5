// rule.json: what the rule declares, and the fields that it reads.

import { readFileSync } from "node:fs";

import { Refused, SETTING_TYPES } from "./contract.mjs";

/** Name of the custom section that carries the declaration. */
const SECTION = "baton:declaration";
const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/**
 * Reads rule.json. The host checks the declaration again, key by key; here is
 * only what the build itself needs.
 */
export function readRule(file) {
  let rule;
  try {
    rule = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Refused(`rule.json: ${error.message}`);
  }
  const { reads, ...declaration } = rule;
  if (!NAME.test(declaration.name ?? "")) {
    throw new Refused("rule.json: `name` is small letters, digits and hyphens");
  }
  if (declaration.world !== "rule") {
    throw new Refused('rule.json: `world` is "rule"; policies are not built from JavaScript');
  }
  const isList = Array.isArray(reads) && reads.every((field) => typeof field === "string");
  if (!isList || new Set(reads).size !== reads.length) {
    throw new Refused("rule.json: `reads` lists the fields that the rule reads, each once");
  }
  if (reads.some((field) => field.startsWith("settings."))) {
    throw new Refused("rule.json: settings stand in `settings`, not in `reads`");
  }
  const foreign = (declaration.settings ?? []).find(({ type }) => !SETTING_TYPES.includes(type));
  if (foreign) {
    throw new Refused(
      `rule.json: setting ${foreign.name} is of no known type: ${SETTING_TYPES.join(", ")}`,
    );
  }
  return { declaration, reads };
}

/** The declaration as a custom section of WebAssembly. */
export function customSection(declaration) {
  const name = Buffer.from(SECTION);
  const json = Buffer.from(JSON.stringify(declaration));
  const body = Buffer.concat([leb128(name.length), name, json]);
  return Buffer.concat([Buffer.from([0]), leb128(body.length), body]);
}

function leb128(number) {
  const bytes = [];
  do {
    const low = number & 0x7f;
    number >>>= 7;
    bytes.push(number === 0 ? low : low | 0x80);
  } while (number !== 0);
  return Buffer.from(bytes);
}
