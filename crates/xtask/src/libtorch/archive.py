# Hashes, lists and extracts wheels, which are zip files. Usage: VERB WHEEL [FOLDER]; see python.rs.
import hashlib
import os
import shutil
import sys
import zipfile

verb, wheel = sys.argv[1:3]
lines = sys.stdin.buffer.read().decode().splitlines()

if verb == "sha256":
    digest = hashlib.sha256()
    with open(wheel, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    print(digest.hexdigest())
elif verb == "list":
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                print(member.filename)
elif verb == "extract":
    with zipfile.ZipFile(wheel) as archive:
        for line in lines:
            member, place = line.split("\t")
            path = os.path.join(sys.argv[3], place)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(member) as source, open(path, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
else:
    sys.exit("unknown verb " + verb)
