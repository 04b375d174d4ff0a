# Shared by ./coppice, ./verify and .ci/run: finds a JDK and the other tools, installs what it may.
# Sourced; expects `root` to be the repository's folder.

say() { printf '%s\n' "$*" >&2; }
die() { # message, hint
  say "error: $1"
  [ -z "${2:-}" ] || say "hint: $2"
  exit 1
}

jdk_min=25

# Prints the feature version of the JDK in a folder, or nothing.
jdk_version() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# Sets java_home to the first JDK that is new enough.
find_jdk() {
  local candidate version found_java
  found_java=$(command -v javac || true)
  [ -z "$found_java" ] || found_java=$(dirname "$(dirname "$(readlink -f "$found_java")")")
  for candidate in "${COPPICE_JAVA_HOME:-}" "${JAVA_HOME:-}" "$found_java" \
      /usr/lib/jvm/* /opt/java/* /opt/jdk* \
      "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/* \
      "${MISE_DATA_DIR:-$HOME/.local/share/mise}"/installs/java/* \
      "${ASDF_DATA_DIR:-$HOME/.asdf}"/installs/java/* "$HOME"/.jdks/*; do
    [ -n "$candidate" ] || continue
    version=$(jdk_version "$candidate")
    if [ -n "$version" ] && [ "$version" -ge "$jdk_min" ]; then
      java_home=$candidate
      return
    fi
  done
  die "no JDK $jdk_min or newer was found" \
    "Install one (Temurin: https://adoptium.net; Debian and Ubuntu where they have it: apt-get install openjdk-$jdk_min-jdk-headless), or point COPPICE_JAVA_HOME at it."
}

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

apt_updated=
# Installs Debian packages if this is root with apt; else says how, and fails.
install_packages() { # why, packages…
  local why=$1
  shift
  may_install || die "$why" "Install it: sudo apt-get install $*"
  say "$why; installing $*"
  if [ -z "$apt_updated" ]; then
    apt-get -qq update >&2 || die "apt-get update failed" "Repair it, then run this again."
    apt_updated=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$@" >&2 \
    || die "could not install $*" "Install it by hand: apt-get install $*"
}

need_maven() {
  command -v mvn >/dev/null || install_packages "Maven is not installed" maven
}

have_client_tools() {
  command -v pg_dump >/dev/null && command -v pg_restore >/dev/null && command -v psql >/dev/null
}

need_client_tools() {
  have_client_tools || install_packages "PostgreSQL's client tools are not installed" postgresql-client
}
