import type { Rule } from "../alerts/rule.ts";
import type { Alert } from "../domain/alert.ts";
import type { AttributeValue } from "../domain/device.ts";
import type { CaseContext, DeductionPoints } from "./cases.ts";

export interface ContextParts {
  readonly rule: (id: string) => Rule | undefined;
  readonly attributes: (subjectId: string) => Readonly<Record<string, AttributeValue>> | undefined;
  readonly points: DeductionPoints;
  readonly crew: (crewId: string) => { readonly contractorId?: string | undefined } | undefined;
}

/** Whose case an alert is: of its line, and of the contractor of the crew that was sent, else of its device. */
export function createContext({ rule, attributes, points, crew }: ContextParts): (alert: Alert) => CaseContext {
  return ({ ruleId, crewId, subject, line }) => {
    const sent = crewId === null ? undefined : crew(crewId);
    return {
      recurs: rule(ruleId)?.recurs === true,
      line: line ?? "",
      points,
      contractor: sent?.contractorId ?? String(attributes(subject.id)?.contractorId ?? ""),
    };
  };
}
