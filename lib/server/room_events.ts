/**
 * What happens to a room that several servers share (`--room`).
 *
 * @module
 */

/** The room of this server is one with those of others (`--room`). */
export interface RoomLinked {
  /** Names the event. */
  type: "room-linked";
  /** Milliseconds since 1970. */
  time: number;
  /** The name of the room. */
  room: string;
  /** The broker: `127.0.0.1:4222`. */
  broker: string;
}

/** It is not, or no longer. One such event for each new reason. */
export interface RoomCut {
  /** Names the event. */
  type: "room-cut";
  /** Milliseconds since 1970. */
  time: number;
  /** The name of the room. */
  room: string;
  /** Why. */
  reason: string;
}

/** Messages of another server did not come. */
export interface RoomMissed {
  /** Names the event. */
  type: "room-missed";
  /** Milliseconds since 1970. */
  time: number;
  /** How many. */
  count: number;
}

/** Something came over the broker that no server of ours sends. One such event a second at most. */
export interface RoomRejected {
  /** Names the event. */
  type: "room-rejected";
  /** Milliseconds since 1970. */
  time: number;
  /** How many times since the last such event. */
  count: number;
}

/** All of these. */
export type RoomEvent = RoomLinked | RoomCut | RoomMissed | RoomRejected;
