/** Says things to screen readers that others see happen. */

const regionId = 'announcements';

/** The place from which is read. Once per app. */
export function Announcer() {
  return <div id={regionId} className="visually-hidden" role="status" aria-live="polite" />;
}

/** Reads `text` out at the next pause. */
export function announce(text: string): void {
  const region = document.getElementById(regionId);
  if (region) region.textContent = text;
}
