#!/bin/sh
# Tries an S3 server with rclone, a client not written here.
#
#     s3_rclone.sh ENDPOINT BUCKET ACCESS_KEY SECRET_KEY
#
# The bucket must exist; keys below `rclone/` are written and removed again. Ends with status 0 when all is well.
set -eu
[ $# -eq 4 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
bucket=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# rclone refuses a CA bundle from the environment that the AWS library would take
unset AWS_CA_BUNDLE
export RCLONE_CONFIG="$work/rclone.conf"
printf '[s3]\ntype = s3\nprovider = Other\nendpoint = %s\naccess_key_id = %s\nsecret_access_key = %s\nforce_path_style = true\n' \
    "$1" "$3" "$4" > "$RCLONE_CONFIG"
there="s3:$bucket/rclone"

same() { # local remote
    rclone check "$1" "$2" --download --log-level ERROR
}

mkdir -p "$work/here/sub dir/ünï"
head -c 25000000 /dev/urandom > "$work/here/large.bin"
: > "$work/here/empty.bin"
echo emoji > "$work/here/emoji 🎉 #1 100%+.txt"
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    head -c "$number"000 /dev/urandom > "$work/here/sub dir/ünï/f$number.jpg"
done

rclone copy "$work/here" "$there" --s3-chunk-size 5M --s3-upload-cutoff 10M
same "$work/here" "$there"
echo "copy, multipart, read back: ok"

rclone copy "$work/here" "$there" -v 2>&1 | grep -q 'There was nothing to transfer\|Transferred:.*0 B'
echo "nothing to do the second time: ok"

[ "$(rclone lsf "$there" --dirs-only)" = "sub dir/" ]
[ "$(rclone lsf "$there" -R --files-only | wc -l)" -eq 23 ]
echo "listing: ok"

rclone copyto "$there/large.bin" "$there/copies/large.bin"
rclone cat "$there/copies/large.bin" | cmp - "$work/here/large.bin"
rclone cat "$there/large.bin" --offset 5242879 --count 2 > "$work/two"
dd if="$work/here/large.bin" bs=1 skip=5242879 count=2 2>/dev/null | cmp - "$work/two"
rclone move "$there/copies" "$there/moved"
[ -z "$(rclone lsf "$there/copies")" ]
echo "copy, range and move on the server: ok"

rclone purge "$there"
[ -z "$(rclone lsf "$there" -R)" ]
echo "purge: ok"
