/** The number of a page, as a parameter of an address says it; 1 for whatever is no such number. */
export function pageNumber(text: string | null): number {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 1;
}
