// @ts-check
/** Everything that is claimed, in the order in which it is tried: of a world, the first finds it empty. */

import './design.mjs';
import './empty.mjs';
import './import.mjs';
import './original-ui.mjs';
import './jobs.mjs';
import './gallery.mjs';
import './lightbox.mjs';
import './select.mjs';
import './strangers.mjs';
import './access.mjs';
import './trouble.mjs';
import './busy.mjs';
import './locked.mjs';
import './docs.mjs';
