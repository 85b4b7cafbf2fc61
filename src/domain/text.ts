/** A text people read, in both languages of the product. */
export interface Text {
  readonly en: string;
  readonly zh: string;
}

/** A value that survives JSON unchanged. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
