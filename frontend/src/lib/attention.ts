/** Whether somebody looks at this tab. */

export interface Attention {
  /** Nobody has looked for a while. */
  isAway: () => boolean;
  /** Fires when somebody looks again. */
  back: () => AbortSignal;
}

const AWAY_AFTER_MS = 30_000;

/** Watches until `signal` fires. */
export function attention(signal: AbortSignal): Attention {
  let hiddenSince = document.hidden ? Date.now() : null;
  let back = new AbortController();
  const look = () => {
    if (document.hidden) {
      hiddenSince = Date.now();
      back = new AbortController();
    } else {
      hiddenSince = null;
      back.abort();
    }
  };
  document.addEventListener('visibilitychange', look, { signal });
  return {
    isAway: () => hiddenSince !== null && Date.now() - hiddenSince >= AWAY_AFTER_MS,
    back: () => back.signal,
  };
}
