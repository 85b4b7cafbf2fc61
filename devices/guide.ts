import type { Text } from "../src/domain/text.ts";
import type { Driver } from "./driver.ts";
import { dialectDrivers } from "./index.ts";
import { codecs } from "./lorawan/uplink.ts";

type Language = keyof Text;

/** Groups of families, by what is connected. */
const groups: readonly { readonly title: Text; readonly ids: readonly string[] }[] = [
  {
    title: { en: "Vehicles", zh: "车辆" },
    ids: ["jt808", "jt808-emqx", "jt808-ctwing", "teltonika", "teltonika-codec8", "ruptela", "traccar"],
  },
  {
    title: { en: "People", zh: "人员" },
    ids: ["owntracks", "osmand", "gpslogger", "watch", "smart-hat"],
  },
  {
    title: { en: "Bins: LoRaWAN network servers", zh: "垃圾桶：LoRaWAN 网络服务器" },
    ids: ["chirpstack-v4", "chirpstack-gateway", "tts-v3", "loriot", "milesight-gateway"],
  },
  {
    title: { en: "Bins: NB-IoT and clouds; scales", zh: "垃圾桶：NB-IoT 与云平台；称重" },
    ids: ["nb-frames", "operator-push", "alink", "sensoneo", "weighing"],
  },
  {
    title: { en: "Cameras", zh: "摄像机" },
    ids: ["frigate", "hikvision", "dahua", "axis", "axis-dataq", "onvif-mqtt", "ai-box"],
  },
];

const attributes: readonly (readonly [attribute: string, meaning: Text])[] = [
  [
    "`utcOffsetMinutes`",
    {
      en: "zone of a clock that sends local time (JT/T 808: 480 unless said); minutes east of UTC",
      zh: "发送本地时间的时钟所在时区（JT/T 808 默认 480），UTC 以东的分钟数",
    },
  ],
  [
    "`coordSystem`",
    {
      en: "`wgs84`, `gcj02` or `bd09`; turned into WGS-84 once, on arrival",
      zh: "`wgs84`、`gcj02` 或 `bd09`；到达时一次性换算为 WGS-84",
    },
  ],
  [
    "`installedAt`",
    {
      en: "date of mounting; a time more than a day before it is a clock that was never set",
      zh: "安装日期；早于它一天以上的时间视为时钟未设置",
    },
  ],
  [
    "`inputs`",
    {
      en: "which line means what: `din1=working, !din2=hopperOpen, io:3=working, ad0*0.5=waterL` (`!` inverts, `:3` is a bit, `*` a factor)",
      zh: "输入含义：`din1=working, !din2=hopperOpen, io:3=working, ad0*0.5=waterL`（`!` 取反，`:3` 取位，`*` 系数）",
    },
  ],
  [
    "`emptyMm`, `fullMm`, `blindMm`",
    {
      en: "distance of the empty and of the full bin, nearest distance of the sensor: the fill level is worked out of these",
      zh: "空桶距离、满桶距离、传感器盲区：据此计算满溢度",
    },
  ],
];

const words = {
  heads: {
    en: ["Family", "Connect it in five minutes", "Topics", "What comes of it"],
    zh: ["设备", "五分钟接入", "主题", "接入后"],
  },
  sensors: { en: "Sensors that every LoRaWAN server above carries", zh: "以上各 LoRaWAN 服务器均可承载的传感器" },
  sensorHeads: { en: ["Sensor", "Known by"], zh: ["传感器", "识别名"] },
  attributes: { en: "What only the registration knows", zh: "只有登记信息知道的" },
  attributeHeads: { en: ["Attribute", "Meaning"], zh: ["属性", "含义"] },
} as const satisfies Record<string, Record<Language, string | readonly string[]>>;

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(heads), row(heads.map(() => "---")), ...rows.map(row)].join("\n");

/** Topics as a person writes them on a settings page. */
const topicsOf = ({ topics }: Driver): string =>
  topics.map((topic) => `\`${topic.replace("+}", "}/…").replaceAll("{", "<").replaceAll("}", ">")}\``).join("<br>");

function familyRow(driver: Driver, language: Language): readonly string[] {
  const other = language === "en" ? "zh" : "en";
  const title = `**${driver.title[language]}**<br>${driver.title[other]}<br>\`${driver.id}\``;
  return [title, driver.guide?.connect[language] ?? "", topicsOf(driver), driver.guide?.makes[language] ?? ""];
}

function section(language: Language): string {
  const byId = new Map(dialectDrivers.map((driver) => [driver.id, driver]));
  const families = groups.flatMap(({ title, ids }) => [
    `### ${title[language]}`,
    table(
      words.heads[language],
      ids.flatMap((id) => {
        const driver = byId.get(id);
        return driver ? [familyRow(driver, language)] : [];
      }),
    ),
  ]);
  const sensors = codecs.map(({ title, models }) => [title[language], models.map((name) => `\`${name}\``).join(", ")]);
  return [
    ...families,
    `### ${words.sensors[language]}`,
    table(words.sensorHeads[language], sensors),
    `### ${words.attributes[language]}`,
    table(
      words.attributeHeads[language],
      attributes.map(([attribute, meaning]) => [attribute, meaning[language]]),
    ),
  ].join("\n\n");
}

/** Ids of dialects that stand in none of the groups: the page would not show them. */
export function ungrouped(): string[] {
  const shown = new Set(groups.flatMap(({ ids }) => ids));
  return dialectDrivers.map(({ id }) => id).filter((id) => !shown.has(id));
}

/** `docs/devices.md`, out of the driver table. */
export function deviceGuide(): string {
  return `# Devices

Made by \`npm run devices\` out of the driver table; a test holds it current. 中文在后半页。

A device is registered first (\`POST /devices\`, with the alias of its family) and connects with its own login; a gateway or platform
that speaks for several gets a gateway login with \`devices\` and \`dialects\` (\`docs/protocol.md\`). \`<center>\` is this center's address. A topic
of your own choosing works too where the content tells the family; the message is refused with a reason where it does not.
JSON that stands in none of these rows is a mapping: configuration, no code (\`docs/protocol.md\`, "Mappings").

${section("en")}

# 设备接入

由 \`npm run devices\` 从驱动表生成，测试保证最新。先登记设备（\`POST /devices\`，带本类别名），用设备账号接入；代多台设备发言的网关或平台用网关账号，
设置 \`devices\` 与 \`dialects\`（见 \`docs/protocol.md\`）。\`<中心>\` 为本中心地址。主题可自定义，按内容识别；识别不了的消息带原因进入隔离区。
不在表中的 JSON 用映射配置接入，无需编码（\`docs/protocol.md\` “Mappings”）。

${section("zh")}
`;
}
