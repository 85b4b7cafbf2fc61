import { SMTPServer } from "smtp-server";

/** A mail server that takes everything, or refuses with a code. */
export async function startMail(refuse: () => number | null = () => null) {
  const mails: string[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    ...{ authOptional: true, allowInsecureAuth: true, disabledCommands: ["STARTTLS"], logger: false },
    onAuth(auth, _session, done) {
      logins.push(`${auth.username}:${auth.password}`);
      done(null, { user: auth.username });
    },
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", () => {
        const code = refuse();
        if (code !== null) return done(Object.assign(new Error("not now"), { responseCode: code }));
        mails.push(Buffer.concat(chunks).toString());
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.on("error", () => {});
  const { port } = server.server.address() as { port: number };
  return {
    mails,
    logins,
    port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
