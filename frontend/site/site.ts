import "../icons/icon.ts";
