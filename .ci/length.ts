/**
 * The lint rule `echo/length`: a long file has more than one purpose, so the rule rejects it.
 *
 * @module
 */

/** The number of lines that a file may have. */
export const MAX_LINES = 350;

/** Counts lines as `wc -l` does, plus a last line without a line end. */
function lineCount(text: string): number {
  return text.split("\n").length - (text === "" || text.endsWith("\n") ? 1 : 0);
}

/** Rejects a file of more than `MAX_LINES` lines, in every folder that `deno lint` reads. */
export const length: Deno.lint.Rule = {
  create(context) {
    return {
      Program() {
        const { text } = context.sourceCode;
        const lines = lineCount(text);
        if (lines <= MAX_LINES) return;
        const message = `the file has ${lines} lines; split it: at most ${MAX_LINES} are allowed`;
        context.report({ range: [0, text.length], message });
      },
    };
  },
};
