/** Which images are selected, by id, and in which block each stands. Pure. */

export type Selection = ReadonlyMap<number, number>;

export interface Selected {
  id: number;
  block: number;
}

export const NOTHING: Selection = new Map();

/** With these, or without them. */
export function select(selection: Selection, images: readonly Selected[], isOn: boolean): Selection {
  const changed = new Map(selection);
  for (const { id, block } of images) {
    if (isOn) changed.set(id, block);
    else changed.delete(id);
  }
  return changed;
}

/** Ids of the selection, in calls of at most `size`. */
export function inChunks(ids: readonly number[], size: number): number[][] {
  const chunks: number[][] = [];
  for (let from = 0; from < ids.length; from += size) chunks.push(ids.slice(from, from + size));
  return chunks;
}
