/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over the files of the directories named on the command line, so that a corpus
 * is also a test where there is no fuzzer. */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_INPUT = 1 << 20 };

/* Each input gets a block of its own size, so that a sanitizer sees what is read beyond it. */
static int replay_file(const char *path)
{
    static uint8_t bytes[SIZE_MAX_INPUT + 1];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        perror(path);
        return 0;
    }

    size_t size = fread(bytes, 1, sizeof bytes, file);
    int failed = ferror(file);
    uint8_t *input = malloc(size > 0 ? size : 1);

    fclose(file);
    if (failed || size > SIZE_MAX_INPUT || input == NULL) {
        fprintf(stderr, "%s: cannot be read or is too long\n", path);
        free(input);
        return 0;
    }
    memcpy(input, bytes, size);
    LLVMFuzzerTestOneInput(input, size);
    free(input);
    return 1;
}

/* Returns how many files were replayed, or -1 if one could not be. */
static int replay_directory(const char *path)
{
    DIR *directory = opendir(path);
    int count = 0;

    if (directory == NULL) {
        perror(path);
        return -1;
    }
    for (struct dirent *entry; count >= 0 && (entry = readdir(directory)) != NULL;) {
        char name[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        count = replay_file(name) ? count + 1 : -1;
    }
    closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    int status = argc > 1 ? 0 : 1;

    for (int i = 1; i < argc; i++) {
        int count = replay_directory(argv[i]);

        if (count <= 0)
            status = 1; /* An empty corpus tests nothing. */
        else
            printf("%s: %d inputs\n", argv[i], count);
    }
    return status;
}
