/** What crosses the wire, as the API itself describes it: `npm run types:api` makes the types anew of its document. */

import type { components } from '@/lib/openapi';

/** All of it, by name. */
export type Wire = components['schemas'];
