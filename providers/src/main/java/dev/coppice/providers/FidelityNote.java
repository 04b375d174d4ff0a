package dev.coppice.providers;

/**
 * One way in which a base is not what its source is.
 *
 * @param kind what sort of object, in the words of {@code pg_dump}'s table of contents, lower case
 * @param object its qualified name
 * @param action what was done instead, {@code dropped}, {@code changed} or {@code replaced}
 * @param reason why, and what follows from it
 */
public record FidelityNote(String kind, String object, String action, String reason) {}
