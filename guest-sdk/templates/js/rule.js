// Fires when the customer writes in capitals.

import { text } from "baton:rules/message@1.0.0";
import { integer } from "baton:rules/settings@1.0.0";

export function score() {
  const said = text() ?? "";
  const capitals = said.match(/\p{Lu}/gu)?.length ?? 0;
  if (/\p{Ll}/u.test(said) || capitals < integer("capitals")) {
    return [];
  }
  return [
    {
      name: "shouting",
      score: 0.7,
      reason: `The message is all in capitals (${capitals} letters).`,
      tag: "upset",
      nextStep: "Answer calmly and by name",
      extra: [],
    },
  ];
}
