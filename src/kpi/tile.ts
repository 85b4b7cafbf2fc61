/** A live figure: of the whole district (`communityId` null) or of one community. */
export interface KpiTile {
  readonly id: string;
  readonly name: string;
  readonly communityId: string | null;
  readonly value: number | null;
  readonly numerator: number | null;
  readonly denominator: number | null;
  readonly rev: number;
}
