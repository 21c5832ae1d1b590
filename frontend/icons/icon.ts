import type { IconName } from "./names.ts";
import sprite from "./sprite.svg?url";

/** Address of an icon inside the sprite, for <use href>. */
export const iconHref = (name: IconName): string => `${sprite}#${name}`;
