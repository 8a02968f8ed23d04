/**
 * The options that several commands have.
 *
 * @module
 */
import { type StyleName, STYLES } from "../console/style.ts";
import { type Level, LEVELS } from "../log/level.ts";
import { buffer, duration, file, fingerprint, flag, oneOf, type Option, size } from "./options.ts";

/** The largest size that an option takes, in bytes. */
export const MAX_SIZE_BYTES = 1024 ** 4;

/** An unattended log must not fill the disk, in bytes. */
const DEFAULT_LOG_SIZE = 1024 ** 3;

/** `--style`, and `--json` for its most common value. */
export const styleOptions = {
  "style": oneOf("how events look", Object.keys(STYLES) as StyleName[], "transcript"),
  "json": flag("the same as --style json"),
};

/** The options of the log. */
export type LogOptions = {
  /** `--log`. */
  "log": Option<string | null>;
  /** `--log-level`. */
  "log-level": Option<Level>;
  /** `--log-max-size`, in bytes. */
  "log-max-size": Option<number>;
};

/** The log's options; `initial` is its file where `--log` is not given. */
export function logOptions(initial: string | null = null): LogOptions {
  return {
    "log": file("append every event to FILE", initial),
    "log-level": {
      ...oneOf("log nothing below", LEVELS, "info"),
      value: "LEVEL",
    } as Option<Level>,
    "log-max-size": size(
      "rename a larger log to FILE.1, and begin a new one",
      DEFAULT_LOG_SIZE,
      MAX_SIZE_BYTES,
    ),
  };
}

/** `--ca`. */
export const caOption = {
  "ca": file("trust the authority in FILE besides the system's and our own, PEM"),
};

/** `--pin`, for a command that stores nothing. */
export const pinOption = {
  "pin": fingerprint("accept only the server with this key, whatever its name and authority"),
};

/** `--buffer`. */
export const bufferOption = {
  "buffer": buffer("the size of a read; grows from 1KiB to 64KiB when not given"),
};

/** The style that is meant: `--json` wins over `--style`. */
export function styleNameOf({ json, style }: { json: boolean; style: StyleName }): StyleName {
  return json ? "json" : style;
}

/** `--timeout` for a server's answer. */
export const timeoutOption = {
  "timeout": duration("how long the server may take to answer", 10_000),
};
