import { render } from "preact";
import { findToken, forgetToken, openSession } from "../shared/session.ts";
import { Screen } from "./screen.tsx";

const token = findToken("wall");
if (token) {
  const session = openSession(token, () => {
    forgetToken("wall");
    location.reload();
  });
  render(<Screen session={session} />, document.body);
}
