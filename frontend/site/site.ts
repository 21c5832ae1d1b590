// Small helps on ordinary pages. Every page works without them.
import "../icons/favicon.svg?url";
import "../icons/sprite.svg?url";
import { keepDrafts } from "./drafts.ts";
import { watchForms } from "./forms.ts";
import { watchOverlays } from "./overlays.ts";
import { tabHalls } from "./tabs.ts";
import { watchTheme } from "./theme.ts";
import { guessZone } from "./zone.ts";

watchTheme();
watchOverlays();
watchForms();
keepDrafts(document);
tabHalls();
guessZone();
