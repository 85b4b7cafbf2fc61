import { render } from "preact";
import "./theme.ts";
import { Gate } from "../staff/gate.tsx";
import { Shell } from "./shell.tsx";

render(<Gate app="desk">{(staff) => <Shell staff={staff} />}</Gate>, document.body);
