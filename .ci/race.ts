/**
 * The lint rule `echo/race`: in a loop `Promise.race` leaves a callback with a promise that lives
 * long, each time, so that a pipe of a million lines takes 400 MB.
 *
 * @module
 */

import { isProgram, pathInCheckout } from "./paths.ts";

const LOOPS = [
  "ForStatement",
  "ForOfStatement",
  "ForInStatement",
  "WhileStatement",
  "DoWhileStatement",
];

const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

/** Rejects `Promise.race` in the body of a loop of the program. */
export const race: Deno.lint.Rule = {
  create(context) {
    if (!isProgram(pathInCheckout(context.filename))) return {};
    return {
      'CallExpression[callee.object.name="Promise"][callee.property.name="race"]'(
        node: Deno.lint.CallExpression,
      ) {
        let parent: Deno.lint.Node | null = node.parent;
        while (parent !== null && !FUNCTIONS.includes(parent.type)) {
          if (LOOPS.includes(parent.type)) {
            const message = "in a loop use RepeatedRace (lib/race.ts): Promise.race leaks here";
            return context.report({ node, message });
          }
          parent = "parent" in parent ? parent.parent as Deno.lint.Node : null;
        }
      },
    };
  },
};
