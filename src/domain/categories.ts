import type { Text } from "./text.ts";

/** A code of a civic matter; the same digits mean different things in different editions, so it never stands alone. */
export interface StandardCode {
  readonly standardRef: string;
  readonly code: string;
}

export interface Category {
  readonly title: Text;
  /** Newest edition first. */
  readonly codes: readonly StandardCode[];
  /** What cameras, boxes and models call it, in lower case. */
  readonly labels: readonly string[];
}

const GB_2026 = "GB/T 47678.5-2026";
const GB_2013 = "GB/T 30428.2-2013";
const CJ_2007 = "CJ/T 214-2007";

const category = (
  en: string,
  zh: string,
  [code2026, code2013, code2007]: readonly (string | undefined)[],
  labels: readonly string[],
): Category => ({
  title: { en, zh },
  codes: [
    ...(code2026 ? [{ standardRef: GB_2026, code: code2026 }] : []),
    ...(code2013 ? [{ standardRef: GB_2013, code: code2013 }] : []),
    ...(code2007 ? [{ standardRef: CJ_2007, code: code2007 }] : []),
  ],
  labels,
});

/**
 * What an AI may see in a street. Codes: annex C of GB/T 47678.5-2026 with its two predecessors; a code that an edition is
 * not known to use is left out, not derived.
 */
export const categories = {
  binOverflow: category(
    "Bin overflowing",
    "垃圾桶满溢",
    ["06042"],
    [
      "overflow",
      "bin_overflow",
      "garbage_overflow",
      "overflowing",
      "manyi",
      "full",
      "full_bin",
      "bin_full",
      "垃圾满溢",
      "垃圾桶满溢",
      "垃圾站（箱）满溢",
      "满溢",
      "满冒",
    ],
  ),
  illegalDumping: category(
    "Illegal dumping",
    "偷倒垃圾",
    ["06011", "0111", "0103"],
    [
      "dumping",
      "illegal_dumping",
      "dumped_waste",
      "fly_tipping",
      "toudao",
      "toudaolaji",
      "偷倒垃圾",
      "乱倒垃圾",
      "偷倒",
    ],
  ),
  exposedGarbage: category(
    "Exposed garbage",
    "暴露垃圾",
    ["06010", "0110", "0102"],
    [
      "garbage",
      "exposed_garbage",
      "litter",
      "trash",
      "baolulaji",
      "dabaolaji",
      "packed_garbage",
      "rubbish",
      "暴露垃圾",
      "打包垃圾",
    ],
  ),
  accumulatedWaste: category(
    "Accumulated waste",
    "积存垃圾渣土",
    ["06011", "0111", "0103"],
    ["construction_waste", "积存垃圾渣土"],
  ),
  stackedGoods: category(
    "Stacked goods",
    "乱堆物堆料",
    ["06036", "0136", "0507"],
    ["stacked", "stacked_goods", "wuliao", "luanduifang", "乱堆放", "乱堆物堆料", "乱堆杂物"],
  ),
  bulkyWaste: category(
    "Discarded furniture",
    "废弃家具设备",
    ["06035", undefined, "0108"],
    ["furniture", "bulky_waste", "废弃家具", "废弃家具设备", "大件垃圾"],
  ),
  shopEncroachment: category(
    "Trading past the shop line",
    "店外经营",
    ["09005", "0405", "0504"],
    ["shop_outside", "shop_encroachment", "dianwai", "dianwaijingying", "超门线", "超门线经营", "店外经营"],
  ),
  streetVending: category(
    "Street vending",
    "无照游商",
    ["09001", "0401", "0501"],
    [
      "vendor",
      "street_vendor",
      "street_vending",
      "youtan",
      "youshang",
      "无照游商",
      "无照经营游商",
      "游商",
      "流动摊贩",
      "乱摆卖",
    ],
  ),
  occupiedRoad: category(
    "Trading on the road",
    "占道经营",
    ["09006", "0406"],
    ["occupied_road", "zhandao", "zhandaojingying", "占道经营"],
  ),
  posting: category(
    "Illegal posters",
    "非法小广告",
    ["07001", "0201", "0201"],
    [
      "advertisement",
      "illegal_advertisement",
      "graffiti",
      "guanggao",
      "xiaoguanggao",
      "非法小广告",
      "小广告",
      "乱张贴",
      "乱涂画",
    ],
  ),
  hanging: category(
    "Hanging along the street",
    "沿街晾挂",
    ["06007", "0107", "0511"],
    ["hanging_clothes", "liangshai", "沿街晾晒", "沿街晾挂", "乱挂晒"],
  ),
  unauthorizedBuilding: category(
    "Unauthorised building",
    "私搭乱建",
    ["06001", "0101", "0101"],
    ["unauthorized_building", "unauthorised_building", "dajian", "乱搭建", "私搭乱建"],
  ),
  roadSoiled: category("Road dirty", "道路不洁", ["06012", "0112", "0104"], ["dirty_ground", "dirty_road", "道路不洁"]),
  spillage: category(
    "Spillage on the road",
    "道路遗撒",
    ["06014", undefined, "0112"],
    ["spillage", "spill", "道路遗撒", "道路遗洒"],
  ),
  openBurning: category(
    "Open burning",
    "焚烧垃圾、树叶",
    ["06020", undefined, "0115"],
    ["fire", "flame", "burning", "焚烧垃圾", "露天焚烧"],
  ),
  smoke: category("Smoke", "烟雾", ["06020", undefined, "0115"], ["smoke", "yanwu", "烟雾"]),
  mixedWaste: category(
    "Waste not sorted",
    "垃圾未分类",
    ["06041"],
    ["mixed_waste", "unsorted", "huntou", "混投", "垃圾未分类"],
  ),
  greenLitter: category("Litter on green", "绿地脏乱", ["06017", undefined, "0106"], ["green_litter", "绿地脏乱"]),
  ponding: category("Ponding", "道路积水", [undefined, undefined, "0406"], ["ponding", "道路积水"]),
  uncoveredTruck: category(
    "Uncovered muck truck",
    "渣土车未密闭",
    ["08011", "0311"],
    ["uncovered_truck", "weijiagai", "渣土车未苫盖", "渣土运输车辆未密闭"],
  ),
  parking: category(
    "Parking disorder",
    "乱停放",
    ["09009", "0409", "0505"],
    ["illegal_parking", "parking_violation", "weiting", "机动车乱停放"],
  ),
  nonMotorParking: category(
    "Bicycle parking disorder",
    "非机动车乱停放",
    ["09010", "0410", "0506"],
    ["bicycle_parking", "non_motor_parking", "非机动车乱停放"],
  ),
  billboard: category(
    "Unlawful billboard",
    "违规户外广告",
    ["07003", "0203"],
    ["billboard", "outdoor_advertisement", "违规户外广告"],
  ),
  umbrella: category("Umbrella set up in the street", "违规撑伞", [], ["umbrella", "chengsan", "违规撑伞"]),
  barbecue: category(
    "Open-air barbecue",
    "露天烧烤",
    ["06029", undefined, "0510"],
    ["barbecue", "shaokao", "露天烧烤"],
  ),
  abandonedVehicle: category(
    "Abandoned vehicle",
    "废弃车辆",
    ["06034", undefined, "0107"],
    ["abandoned_vehicle", "废弃车辆"],
  ),
  deadAnimal: category("Dead animal", "动物尸体", ["06037", undefined, "0117"], ["dead_animal", "动物尸体"]),
  siteDust: category(
    "Dust of a building site",
    "工地扬尘",
    ["08004", undefined, "0302"],
    ["dust", "yangchen", "工地扬尘"],
  ),
  manholeCover: category(
    "Manhole cover missing or broken",
    "井盖异常",
    ["01003"],
    ["manhole_cover", "jinggai", "井盖异常", "井盖缺失"],
  ),
  blockedGrate: category("Storm grate blocked", "雨箅堵塞", ["01004"], ["blocked_grate", "雨箅堵塞"]),
  riverFloating: category("Floating waste", "河道漂浮物", ["06025"], ["floating", "river_floating", "河道漂浮物"]),
  blockedFireLane: category("Fire lane blocked", "占用消防通道", ["09012"], ["fire_lane", "占用消防通道"]),
  brokenLight: category("Street light out", "路灯不亮", [], ["light_out", "路灯不亮"]),
  /** The camera looked and saw nothing: what clears a sighting. */
  clean: category("Clean", "干净", [], ["clean", "normal", "empty", "ganjing", "干净", "整洁"]),
} as const satisfies Record<string, Category>;

export type CategoryName = keyof typeof categories;

const byLabel = new Map<string, CategoryName>(
  (Object.keys(categories) as CategoryName[]).flatMap((name) => [
    [name.toLowerCase(), name] as const,
    ...categories[name].labels.map((label) => [label.toLowerCase(), name] as const),
  ]),
);

/** The category a producer means by its own label, or null when it means none of ours. */
export function categoryOf(label: string): CategoryName | null {
  return (
    byLabel.get(
      label
        .trim()
        .toLowerCase()
        .replace(/[\s-]+/g, "_"),
    ) ??
    byLabel.get(label.trim().toLowerCase()) ??
    null
  );
}

/** Codes a category is filed under, newest edition first; none for what is no category of ours. */
export function codesOf(name: unknown): readonly StandardCode[] {
  return typeof name === "string" && Object.hasOwn(categories, name) ? categories[name as CategoryName].codes : [];
}
