import { type Command, type Environment, UsageError } from "./command.ts";
import { unknownWord } from "./nearest.ts";

type Part = (parameters: readonly string[], environment: Environment) => Promise<string | null>;

/** A command whose first word says what it does: `kerbside token list`. */
export function withParts(name: string, given: Omit<Command, "run">, parts: Readonly<Record<string, Part>>): Command {
  return {
    ...given,
    async run([word, ...parameters], environment) {
      const names = Object.keys(parts);
      if (word === undefined || word.startsWith("-")) {
        throw new UsageError(
          `Say what to do: kerbside ${name} ${names.join(" | ")}. kerbside ${name} --help tells more.`,
        );
      }
      const part = Object.hasOwn(parts, word) ? parts[word] : undefined;
      if (!part) throw unknownWord(`kerbside ${name}`, word, names, `kerbside ${name} --help lists them.`);
      return part(parameters, environment);
    },
  };
}

/** The one word a command needs beside its options. @throws UsageError */
export function theOne(positionals: readonly string[], what: string): string {
  const [one] = positionals;
  if (one === undefined || positionals.length > 1) throw new UsageError(`Name ${what}.`);
  return one;
}
