import type { Alert } from "../domain/alert.ts";
import type { AlertView } from "../stream/protocol.ts";
import type { Cell, Column, Table } from "./table.ts";

type Value = (alert: AlertView) => Cell;
const column = (en: string, zh: string, holds: Column["holds"], value: Value) => ({ title: { en, zh }, holds, value });
const minutes = (from: number, to: number | null): number | null =>
  to === null ? null : Math.round((to - from) / 6_000) / 10;

const columns = [
  column("Alert", "告警编号", "text", ({ id }) => id),
  column("Rule", "规则", "text", ({ ruleId }) => ruleId),
  column("Subtype", "子类", "text", ({ subtype }) => subtype),
  column("Level", "级别", "number", ({ level }) => level),
  column("State", "状态", "text", ({ state }) => state),
  column("Subject kind", "对象类型", "text", ({ subject }) => subject.kind),
  column("Subject", "对象", "text", ({ subject }) => subject.id),
  column("Community", "社区", "text", ({ place }) => place?.communityId ?? null),
  column("Grid", "网格", "text", ({ place }) => place?.gridId ?? null),
  column("Place type", "场所类型", "text", ({ place }) => place?.placeType ?? null),
  column("Area grade", "区域等级", "text", ({ place }) => place?.areaGrade ?? null),
  column("Latitude", "纬度", "number", ({ place }) => place?.lat ?? null),
  column("Longitude", "经度", "number", ({ place }) => place?.lon ?? null),
  column("Standard", "标准", "text", ({ matter }) => matter?.standardRef ?? null),
  column("Code", "代码", "text", ({ matter }) => matter?.code ?? null),
  column("Opened", "发生时间", "time", ({ openedAt }) => openedAt),
  column("Known", "获知时间", "time", ({ knownAt }) => knownAt),
  column("Dispatched", "派单时间", "time", ({ dispatchedAt }) => dispatchedAt),
  column("Cleared", "恢复时间", "time", ({ clearedAt }) => clearedAt),
  column("Closed", "办结时间", "time", ({ closedAt }) => closedAt),
  column("Target", "作业时限", "time", ({ targetAt }) => targetAt),
  column("Limit", "法定时限", "time", ({ limitAt }) => limitAt),
  column("Minutes to clear", "处置分钟", "number", ({ openedAt, clearedAt }) => minutes(openedAt, clearedAt)),
  column("Sightings", "次数", "number", ({ count }) => count),
  column("Reopened", "重新打开", "number", ({ reopenCount }) => reopenCount),
  column("Reworked", "返工", "number", ({ reworkCount }) => reworkCount),
  column("Came back from", "回潮自", "text", ({ recurrenceOf }) => recurrenceOf),
  column("Crew", "班组", "text", ({ crewId }) => crewId),
] as const;

/** Alerts as rows, one column for everything a list of cases is asked for. */
export function alertTable(alerts: AsyncIterable<AlertView>): Table {
  return {
    name: "alerts",
    columns,
    rows: (async function* () {
      for await (const alert of alerts) yield columns.map(({ value }) => value(alert));
    })(),
  };
}

/** An alert as a GeoJSON feature; null when it has no place. */
export function alertFeature(alert: Alert): object {
  const { place, ...properties } = alert;
  return {
    type: "Feature",
    id: alert.id,
    geometry: place && { type: "Point", coordinates: [place.lon, place.lat] },
    properties: { ...properties, communityId: place?.communityId ?? null, gridId: place?.gridId ?? null },
  };
}
