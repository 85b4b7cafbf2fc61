import { words } from "../shared/language.ts";

/** Why an alert is a false one, as the timeline keeps it. */
const reasons = words({
  shadow: { zh: "光影、雨水误认", en: "Shadow, light or rain" },
  covered: { zh: "物品正常摆放", en: "Things that belong there" },
  worker: { zh: "作业人员或车辆正在作业", en: "People or vehicles at work" },
  allowed: { zh: "许可区域或时段", en: "Allowed there and then" },
  sensor: { zh: "传感器故障", en: "Sensor fault" },
  gone: { zh: "现场核实不存在", en: "Not there when looked at" },
});

export const rejectReasons = ["shadow", "covered", "worker", "allowed", "sensor", "gone"] as const;
export const reasonText = (reason: (typeof rejectReasons)[number]): string => reasons(reason);
