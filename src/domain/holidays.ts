/**
 * Days in China that are not what their weekday says. A city changes or adds dates by REST; this is what it starts from.
 *
 * 2026: General Office of the State Council, notice on the arrangement of holidays in 2026 (国务院办公厅关于2026年部分节假日安排的通知),
 * 4 November 2025.
 * 2027: only what the law itself says (全国年节及纪念日放假办法, in force 2025-01-01): the 13 statutory days, and the working days
 * given back for those on a weekend. The notice that swaps weekends around them was not known when this was written.
 */
export const holidays: readonly {
  readonly name: string;
  /** First and last day off. */
  readonly from: string;
  readonly to: string;
  /** Weekend days that are worked instead. */
  readonly worked: readonly string[];
}[] = [
  { name: "元旦", from: "2026-01-01", to: "2026-01-03", worked: ["2026-01-04"] },
  { name: "春节", from: "2026-02-15", to: "2026-02-23", worked: ["2026-02-14", "2026-02-28"] },
  { name: "清明节", from: "2026-04-04", to: "2026-04-06", worked: [] },
  { name: "劳动节", from: "2026-05-01", to: "2026-05-05", worked: ["2026-05-09"] },
  { name: "端午节", from: "2026-06-19", to: "2026-06-21", worked: [] },
  { name: "中秋节", from: "2026-09-25", to: "2026-09-27", worked: [] },
  { name: "国庆节", from: "2026-10-01", to: "2026-10-07", worked: ["2026-09-20", "2026-10-10"] },
  { name: "元旦", from: "2027-01-01", to: "2027-01-01", worked: [] },
  { name: "春节", from: "2027-02-05", to: "2027-02-10", worked: [] },
  { name: "清明节", from: "2027-04-05", to: "2027-04-05", worked: [] },
  { name: "劳动节", from: "2027-05-01", to: "2027-05-04", worked: [] },
  { name: "端午节", from: "2027-06-09", to: "2027-06-09", worked: [] },
  { name: "中秋节", from: "2027-09-15", to: "2027-09-15", worked: [] },
  { name: "国庆节", from: "2027-10-01", to: "2027-10-05", worked: [] },
];
