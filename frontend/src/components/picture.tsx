import { useState, type ComponentProps } from 'react';

interface PictureProps extends ComponentProps<'img'> {
  /** False where asking would come to nothing. What is there already stays. */
  mayAsk?: boolean;
}

/** An `<img>` that gives up its request when it leaves the page, or may not ask any more: browsers would go on, for nobody. */
export function Picture({ mayAsk = true, onLoad, ...rest }: PictureProps) {
  const [isThere, setIsThere] = useState(false);
  if (!mayAsk && !isThere) return null;
  return (
    <img
      ref={giveUpWhenGone}
      {...rest}
      onLoad={(event) => {
        setIsThere(true);
        onLoad?.(event);
      }}
    />
  );
}

function giveUpWhenGone(element: HTMLImageElement) {
  // React takes it out of the page just after this
  return () =>
    queueMicrotask(() => {
      if (element.complete || element.isConnected) return;
      element.removeAttribute('srcset');
      element.removeAttribute('src');
    });
}
