# SPDX-License-Identifier: MIT
"""What `cmake --install` puts somewhere works there, and others can build against it."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from uripc_program import PROGRAM, needs_program

pytestmark = [
    needs_program,
    pytest.mark.skipif(not shutil.which("cmake"), reason="there is no cmake"),
]

HERE = Path(__file__).parent
BUILD = PROGRAM.parent.parent
TOY = HERE / "driver-host" / "toy.c"


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=60, check=False, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def cached(name):
    """A variable of the build."""
    text = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}:\w+=(.*)$", text, re.M)
    return found[1] if found else ""


def flags():
    """A library with sanitizers needs them in what it is linked into."""
    sanitize = cached("URIPC_SANITIZE")
    return [f"-fsanitize={sanitize}"] if sanitize else []


@pytest.fixture(name="prefix", scope="module")
def install(tmp_path_factory):
    """An installed uripc that has been moved since, so that nothing can depend on its place."""
    folder = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", BUILD, "--prefix", folder / "first")
    (folder / "first").rename(folder / "moved")
    return folder / "moved"


@pytest.fixture(name="pkg_config")
def ask_pkg_config(prefix):
    (folder,) = {path.parent for path in prefix.rglob("*.pc")}
    environment = {**os.environ, "PKG_CONFIG_PATH": str(folder)}
    return lambda *arguments: run("pkg-config", *arguments, env=environment).split()


def assert_can_be_checked(prefix, toy):
    told = run(prefix / "bin" / "uripc", "check", toy, "--filter", "capability-[clu]*")
    assert re.search(r"^4 cases: 3 pass, 1 unsupported$", told, re.M), told


@pytest.fixture(name="realms")
def fixture_realms():
    """Paths of sockets are short."""
    with tempfile.TemporaryDirectory(prefix="uripc-") as place:
        yield Path(place)


def assert_sends(program, realm):
    realm.mkdir(mode=0o700)
    assert run(program, realm) == "hello\n"


def assert_asks(program, realm):
    realm.mkdir(mode=0o700)
    with subprocess.Popen([program, realm, "serve", "2"]) as server:
        try:
            assert run(program, realm, "who is there?") == "WHO IS THERE?\n"
            assert run(program, realm, "again") == "AGAIN\n"
            assert server.wait(timeout=60) == 0
        finally:
            server.kill()
    alone = subprocess.run([program, realm, "hello?"], capture_output=True, text=True, timeout=60,
                           check=False)
    assert (alone.returncode, alone.stdout) == (1, "no-receiver, and it was not served\n")


def test_the_program_runs_from_where_it_was_installed(prefix):
    program = prefix / "bin" / "uripc"
    assert run(program, "--version") == run(PROGRAM, "--version")
    assert len(run(program, "list", "cases").splitlines()) > 300
    assert "1 pass" in run(program, "check", "reference", "--filter", "ten-step-exchange", cwd="/")


def test_nothing_installed_names_the_source_the_build_or_its_first_place(prefix):
    source = str(HERE.parent)
    for path in prefix.rglob("*"):
        if path.suffix in (".cmake", ".pc", ".h") and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert source not in text and str(BUILD) not in text, path
            assert str(prefix.parent / "first") not in text, path


def test_what_is_for_tests_is_not_installed(prefix):
    names = {path.name for path in prefix.rglob("*")}
    assert "uripc-driver" in names and "liburipc_reference.a" in names
    assert not names & {"uripc-mutants", "liburipc_reference_mutants.a", "toy.so"}
    assert not [name for name in names if "_test." in name]


def test_a_project_finds_it_with_find_package(prefix, realms, tmp_path):
    run("cmake", "-S", HERE / "consumer", "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DTOY={TOY}", f"-DCMAKE_C_COMPILER={cached('CMAKE_C_COMPILER')}",
        f"-DCMAKE_C_FLAGS={' '.join(flags())}")
    run("cmake", "--build", tmp_path)
    assert_can_be_checked(prefix, tmp_path / "toy.so")
    assert_sends(tmp_path / "embed", realms / "one")
    assert_asks(tmp_path / "ask", realms / "two")


def test_a_project_finds_it_with_pkg_config(prefix, pkg_config, realms, tmp_path):
    compiler = [cached("CMAKE_C_COMPILER"), "-std=c11", *flags()]
    library = pkg_config("--cflags", "--libs", "uripc-reference")
    run(*compiler, "-shared", "-fPIC", "-o", tmp_path / "toy.so", TOY, *library)
    library = pkg_config("--cflags", "--libs", "uripc-uv")
    run(*compiler, "-o", tmp_path / "embed", HERE / "consumer" / "embed.c", *library)
    assert_can_be_checked(prefix, tmp_path / "toy.so")
    assert_sends(tmp_path / "embed", realms / "one")


def test_the_headers_alone_are_enough_to_compile_an_implementation(prefix, pkg_config, tmp_path):
    headers = pkg_config("--cflags", "--libs", "uripc")
    assert [Path(word[2:]).resolve() for word in headers] == [(prefix / "include").resolve()]
    run(cached("CMAKE_C_COMPILER"), "-std=c11", "-c", "-o", tmp_path / "toy.o", TOY, *headers)


def test_all_say_one_version(prefix, pkg_config):
    (version,) = pkg_config("--modversion", "uripc")
    for name in ("uripc-reference", "uripc-uv"):
        assert pkg_config("--modversion", name) == [version]
    assert f"uripc {version}" in run(prefix / "bin" / "uripc", "--version")
    (package,) = prefix.rglob("uripc-config-version.cmake")
    assert f'set(PACKAGE_VERSION "{version}")' in package.read_text(encoding="utf-8")
