import { render } from "preact";
import { Gate } from "../staff/gate.tsx";
import { CrewPage } from "./crew-page.tsx";

document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
render(<Gate app="crew">{(staff) => <CrewPage staff={staff} />}</Gate>, document.body);
