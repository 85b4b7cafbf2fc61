import type { Text } from "./text.ts";

/**
 * What one metric means. `id` is written into the journal, so a number is never used twice and never changes its meaning.
 * `min` and `max` are what a working device can report; a value outside is a device fault, not a reading.
 */
export interface MetricDefinition {
  readonly id: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** `flag` is 0 or 1; `counter` only grows until it is reset; `gauge` moves freely. */
  readonly type: "gauge" | "flag" | "counter";
  readonly title: Text;
}

const gauge = (id: number, unit: string, min: number, max: number, en: string, zh: string): MetricDefinition => ({
  id,
  unit,
  min,
  max,
  type: "gauge",
  title: { en, zh },
});
const flag = (id: number, en: string, zh: string): MetricDefinition => ({
  id,
  unit: "",
  min: 0,
  max: 1,
  type: "flag",
  title: { en, zh },
});
const counter = (id: number, unit: string, max: number, en: string, zh: string): MetricDefinition => ({
  id,
  unit,
  min: 0,
  max,
  type: "counter",
  title: { en, zh },
});

/** The one vocabulary. A driver cannot emit anything else: the compiler says so. */
export const metrics = {
  lat: gauge(1, "deg", -90, 90, "Latitude", "纬度"),
  lon: gauge(2, "deg", -180, 180, "Longitude", "经度"),
  altM: gauge(3, "m", -500, 9_000, "Altitude", "海拔"),
  accuracyM: gauge(4, "m", 0, 50_000, "Position accuracy", "定位精度"),
  speedKmh: gauge(5, "km/h", 0, 250, "Speed", "速度"),
  headingDeg: gauge(6, "deg", 0, 360, "Heading", "航向"),
  satellites: gauge(7, "", 0, 80, "Satellites", "卫星数"),
  acc: flag(8, "Ignition on", "点火"),
  working: flag(9, "Working", "作业中"),
  odometerKm: counter(10, "km", 5_000_000, "Odometer", "里程"),
  fuelL: gauge(11, "L", 0, 1_000, "Fuel", "油量"),
  waterL: gauge(12, "L", 0, 50_000, "Water tank", "水箱"),
  loadKg: gauge(13, "kg", 0, 60_000, "Load", "载重"),
  hopperOpen: flag(14, "Hopper or tip open", "卸料"),
  engineHours: counter(15, "h", 200_000, "Engine hours", "发动机小时"),
  externalPowerV: gauge(16, "V", 0, 60, "External power", "外部电压"),
  fillPct: gauge(20, "%", 0, 100, "Fill level", "满溢度"),
  distanceMm: gauge(21, "mm", 0, 20_000, "Distance to surface", "测距"),
  tempC: gauge(22, "°C", -50, 200, "Temperature", "温度"),
  tiltDeg: gauge(23, "deg", 0, 180, "Tilt", "倾角"),
  tilted: flag(24, "Tilted", "倾倒"),
  lidOpen: flag(25, "Lid open", "桶盖打开"),
  smoke: flag(26, "Smoke", "烟雾"),
  tamper: flag(27, "Tamper", "拆除"),
  batteryPct: gauge(30, "%", 0, 100, "Battery", "电量"),
  batteryV: gauge(31, "V", 0, 60, "Battery voltage", "电池电压"),
  rssiDbm: gauge(32, "dBm", -150, 20, "Signal strength", "信号强度"),
  snrDb: gauge(33, "dB", -40, 40, "Signal to noise", "信噪比"),
  sos: flag(40, "SOS pressed", "一键求助"),
  still: flag(41, "Motionless", "静止"),
  fall: flag(42, "Fall detected", "跌倒"),
  hr: gauge(43, "1/min", 0, 260, "Heart rate", "心率"),
  steps: counter(44, "", 200_000, "Steps", "步数"),
  clockIn: flag(45, "Clocked in", "打卡"),
  worn: flag(46, "Badge worn", "佩戴"),
  weightKg: gauge(50, "kg", 0, 5_000, "Weight", "重量"),
  doorOpen: flag(51, "Door open", "门开"),
  nh3Ppm: gauge(60, "ppm", 0, 1_000, "Ammonia", "氨气"),
  h2sPpm: gauge(61, "ppm", 0, 1_000, "Hydrogen sulphide", "硫化氢"),
  ch4LelPct: gauge(62, "%LEL", 0, 100, "Methane", "甲烷"),
  o2Pct: gauge(63, "%", 0, 100, "Oxygen", "氧气"),
  humidityPct: gauge(64, "%", 0, 100, "Humidity", "湿度"),
  pressureHpa: gauge(65, "hPa", 300, 1_200, "Air pressure", "气压"),
  stalls: gauge(70, "", 0, 500, "Stalls", "厕位"),
  stallsOccupied: gauge(71, "", 0, 500, "Stalls occupied", "占用厕位"),
  footfall: counter(72, "", 10_000_000, "Footfall", "客流"),
  waterM3: counter(73, "m³", 10_000_000, "Water used", "用水量"),
  open: flag(74, "Open for use", "开放"),
  leak: flag(75, "Water leak", "漏水"),
  callButton: flag(76, "Call button", "呼叫按钮"),
  hopperPct: gauge(80, "%", 0, 100, "Hopper level", "料斗料位"),
  queue: gauge(81, "", 0, 1_000, "Vehicles queueing", "排队车辆"),
  grossKg: gauge(82, "kg", 0, 100_000, "Gross weight", "毛重"),
  tareKg: gauge(83, "kg", 0, 100_000, "Tare weight", "皮重"),
  catchCount: counter(90, "", 1_000_000, "Catches", "捕获数"),
  densityIndex: gauge(91, "", 0, 10_000, "Vector density", "病媒密度"),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metrics;

/** Values measured at one moment. A metric that is unknown is absent, never 0. Flags are 0 or 1. */
export type Metrics = { [name in MetricName]?: number };

export const metricNames = Object.keys(metrics) as MetricName[];

/** Name by journal id; holes are undefined. */
export const metricById: readonly (MetricName | undefined)[] = (() => {
  const byId: (MetricName | undefined)[] = [];
  for (const name of metricNames) {
    const { id } = metrics[name];
    if (byId[id] !== undefined) throw new Error(`metric id ${id} is used by ${byId[id]} and ${name}`);
    byId[id] = name;
  }
  return byId;
})();

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metrics, name);
}
