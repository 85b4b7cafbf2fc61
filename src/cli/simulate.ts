import { type Command, UsageError } from "./command.ts";

/** The simulators are a program of their own: it reads the words of the command line and says how it went. */
async function runSimulators(parameters: readonly string[]): Promise<null> {
  process.argv = [...process.argv.slice(0, 2), ...parameters];
  await import("../../simulators/index.ts");
  return null;
}

async function help(usage: string): Promise<string> {
  const { help: told } = await import("../../simulators/cli.ts");
  return `Usage: ${usage}\n\n${told.replaceAll("npm run simulate -- ", "kerbside simulate ")}`;
}

export const simulate: Command = {
  summary: "simulated devices of a district, over real MQTT",
  help: () => help("kerbside simulate [options]"),
  run: runSimulators,
};

export const replay: Command = {
  summary: "recorded data played as devices would have sent it",
  help: () => help("kerbside replay FILE [options]; it is kerbside simulate --replay FILE"),
  async run([file, ...parameters]) {
    if (file === undefined || file.startsWith("-")) {
      throw new UsageError("Name what is to be played: kerbside replay FILE [options].");
    }
    return runSimulators(["--replay", file, ...parameters]);
  },
};
