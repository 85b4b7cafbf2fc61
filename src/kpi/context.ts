import type { Rule } from "../alerts/rule.ts";
import type { Alert } from "../domain/alert.ts";
import type { AttributeValue } from "../domain/device.ts";
import type { CaseContext } from "./cases.ts";

export interface ContextParts {
  readonly rule: (id: string) => Rule | undefined;
  readonly attributes: (subjectId: string) => Readonly<Record<string, AttributeValue>> | undefined;
  readonly crew: (crewId: string) => { readonly contractorId?: string | undefined } | undefined;
}

/** Whose case an alert is: of its line, and of the contractor of the crew that was sent, else of its device. */
export function createContext({ rule, attributes, crew }: ContextParts): (alert: Alert) => CaseContext {
  return ({ ruleId, crewId, subject, line }) => {
    const sent = crewId === null ? undefined : crew(crewId);
    return {
      recurs: rule(ruleId)?.recurs === true,
      line: line ?? "",
      contractor: sent?.contractorId ?? String(attributes(subject.id)?.contractorId ?? ""),
    };
  };
}
