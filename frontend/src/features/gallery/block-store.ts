/** Holds the blocks of one list outside of React, so that what is asked for is always decided by what is held now. */

import { openBlocks, reduceBlocks, type Blocks, type BlocksAction } from './blocks';
import type { ImagePage } from './api/list-images';
import type { Filters } from './url-state';

export class BlockStore {
  readonly filters: Filters;
  #state: Blocks;
  readonly #listeners = new Set<() => void>();

  constructor(page: ImagePage, filters: Filters) {
    this.filters = filters;
    this.#state = openBlocks(page, filters);
  }

  readonly get = (): Blocks => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  dispatch(action: BlocksAction): void {
    const next = reduceBlocks(this.#state, action);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}
