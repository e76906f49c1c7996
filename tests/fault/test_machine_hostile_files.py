"""Headers that promise more than the file holds, bombs, deep nesting, giant cells: a sentence, no memory."""

from __future__ import annotations

import gzip
import resource
import struct
import zipfile
import zlib

import nibabel
import numpy as np
import pandas as pd
import pydicom
import pytest

from kinephen.config.load import load_changes, load_study
from kinephen.core.toml_text import MAX_DEPTH, parse_toml
from kinephen.errors import ConfigError, ExitCode, InputError
from kinephen.io.dicom_scan import scan_folder
from kinephen.io.feature_tables import read_feature_table
from kinephen.io.hash_chain import HEAD
from kinephen.io.manifest import read_manifest
from kinephen.io.nifti import read_volume
from kinephen.io.sidecar import read_sidecar
from kinephen.io.signatures import load_signature
from kinephen.io.table_files import MAX_CELL, read_text_table
from kinephen.model.load import load_fitted
from kinephen.report.render import load_report

ALLOWED_MB = 400
"""Above what this process had taken before; what is announced below is gigabytes."""


@pytest.fixture(autouse=True)
def memory():
    """Fail a test in which the process grew by more than is allowed."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < ALLOWED_MB, f"{grown:.0f} MB were taken"


def nifti_header(shape, *, kind=np.float32, offset=352):
    header = nibabel.Nifti1Header()
    header.set_data_dtype(kind)
    header.set_data_shape(shape)
    header.set_sform(np.eye(4), code=1)
    header["vox_offset"] = offset
    header["magic"] = b"n+1"
    return header.binaryblock + bytes(4)


def refused(call, *arguments, exit_code=ExitCode.INPUT, code=None):
    with pytest.raises((InputError, ConfigError)) as caught:
        call(*arguments)
    assert caught.value.exit_code == exit_code
    assert caught.value.message
    assert code is None or caught.value.code == code
    return caught.value


def test_a_nifti_header_of_6_gigabytes_in_600_bytes_is_refused(reference):
    error = refused(read_volume, reference("cases/study/nifti_600_bytes_6GB.nii"))
    assert error.code in ("nifti.truncated", "dicom.too_large")


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
def test_a_nifti_file_that_is_shorter_than_its_header_says_is_refused(tmp_path, kind):
    path = tmp_path / "short.nii"
    path.write_bytes(nifti_header((900, 1000, 1100), kind=kind) + bytes(600))
    assert refused(read_volume, path, code="nifti.truncated").hint


def test_a_packed_nifti_file_that_cannot_hold_its_voxels_is_refused(tmp_path):
    path = tmp_path / "short.nii.gz"
    path.write_bytes(gzip.compress(nifti_header((900, 1000, 1100)) + bytes(600)))
    refused(read_volume, path, code="nifti.truncated")


def test_a_packed_nifti_file_beyond_what_is_read_is_refused(tmp_path):
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(gzip.compress(nifti_header((2000, 2000, 2000), kind=np.uint8)) + bytes(600))
    refused(read_volume, path, code="dicom.too_large")


def test_voxels_that_are_no_real_numbers_are_refused(tmp_path):
    path = tmp_path / "complex.nii"
    path.write_bytes(nifti_header((2, 3, 4), kind=np.complex128) + bytes(2 * 3 * 4 * 16))
    refused(read_volume, path, code="nifti.values")


def test_a_whole_packed_file_of_zeros_is_read(tmp_path):
    path = tmp_path / "zeros.nii.gz"
    path.write_bytes(gzip.compress(nifti_header((40, 50, 60)) + bytes(4 * 40 * 50 * 60)))
    assert read_volume(path).array.shape == (60, 50, 40)


def dicom(path, *, rows=16, columns=12, frames=None, data=b"", syntax="1.2.840.10008.1.2.1"):
    found = pydicom.Dataset()
    found.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    found.SOPInstanceUID = "1.2.3.4"
    found.Modality = "MR"
    found.Rows, found.Columns = rows, columns
    if frames is not None:
        found.NumberOfFrames = frames
    found.BitsAllocated = found.BitsStored = 16
    found.PixelRepresentation, found.SamplesPerPixel = 0, 1
    found.PixelData = data
    found["PixelData"].VR = "OW"
    found.file_meta = pydicom.dataset.FileMetaDataset()
    found.file_meta.TransferSyntaxUID = syntax
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
    found.save_as(path, enforce_file_format=True)


@pytest.mark.parametrize(
    "lie", [{"rows": 4000}, {"columns": 4096}, {"rows": 65535, "columns": 65535}, {"frames": 2_000_000_000}]
)
def test_dicom_sizes_that_the_file_does_not_hold_leave_it_out_with_a_note(tmp_path, lie):
    dicom(tmp_path / "lie.dcm", **{"data": bytes(2 * 16 * 12), **lie})
    scan = scan_folder(tmp_path)
    assert scan.headers == ()
    assert [i.count for i in scan.issues] == [1]
    assert scan.issues[0].code in ("dicom.truncated", "dicom.absurd")


def test_a_deflated_dicom_bomb_is_left_out_before_it_is_unpacked(tmp_path):
    plain = tmp_path / "plain"
    dicom(plain, data=bytes(2 * 16 * 12), syntax="1.2.840.10008.1.2.1.99")
    head = plain.read_bytes()
    length = 132 + 12 + struct.unpack("<I", head[140:144])[0]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(1 << 20)
    packed = b"".join(packer.compress(zeros) for _ in range(300)) + packer.flush()
    folder = tmp_path / "exam"
    folder.mkdir()
    (folder / "bomb.dcm").write_bytes(head[:length] + packed)
    scan = scan_folder(folder)
    assert (scan.headers, scan.issues[0].code) == ((), "dicom.absurd")
    (folder / "bomb.dcm").write_bytes(head)
    assert len(scan_folder(folder).headers) == 1


@pytest.mark.parametrize(
    "text", ["a=" + "[" * 2000 + "]" * 2000, "a" + ".a" * 60000 + "=1", "a=" + "9" * 9000]
)
def test_a_study_file_of_deep_nesting_or_endless_numbers_is_refused(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text)
    refused(load_study, path, exit_code=ExitCode.CONFIGURATION)
    refused(load_signature, path)
    refused(read_manifest, path)


def test_the_deep_file_of_the_reference_is_refused(reference):
    error = refused(load_study, reference("cases/study/deep.toml"), exit_code=ExitCode.CONFIGURATION)
    assert f"nested deeper than {MAX_DEPTH} levels" in error.message


def test_a_deep_value_of_set_is_refused():
    refused(load_changes, "quick", ["ftv.pe_threshold=" + "[" * 3000], exit_code=ExitCode.CONFIGURATION)


def test_nesting_up_to_the_limit_is_read():
    assert parse_toml("a=" + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1))
    with pytest.raises(ValueError, match="nested deeper"):
        parse_toml("a=" + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


@pytest.mark.parametrize("reader", [load_fitted, load_report, read_manifest, read_sidecar])
@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000])
def test_json_of_deep_nesting_is_refused_by_every_reader(tmp_path, reader, text):
    path = tmp_path / "deep.json"
    path.write_text(text)
    refused(reader, path)


def test_the_head_of_a_log_of_deep_nesting_is_damaged(tmp_path):
    from kinephen.io.hash_chain import _head

    (tmp_path / HEAD).write_text("[" * 100_000)
    assert _head(tmp_path)[1] == [f"{HEAD} is damaged"]


@pytest.mark.parametrize("length", [MAX_CELL + 1, 3_000_000])
def test_a_giant_cell_is_refused(tmp_path, length):
    path = tmp_path / "table.csv"
    path.write_text("patient_id,note\n1," + "x" * length + "\n")
    refused(read_text_table, path, code="table.cell")
    book = tmp_path / "table.xlsx"
    workbook(book, f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * length}</t></is></c></row>')
    refused(read_text_table, book, code="table.cell")


def test_the_longest_cell_is_read_and_that_of_the_reference_is_not(tmp_path, reference):
    path = tmp_path / "table.csv"
    path.write_text("patient_id,note\n1," + "x" * MAX_CELL + "\n")
    assert read_text_table(path).frame["note"].str.len().tolist() == [MAX_CELL]
    refused(read_text_table, reference("cases/study/long_field.csv"), code="table.cell")


def test_a_quotation_mark_that_swallows_the_table_is_named(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('patient_id,note\n1,"open\n' + "2,b\n" * 60_000)
    assert "quotation mark" in refused(read_text_table, path, code="table.cell").hint


def test_a_sheet_that_unrolls_to_billions_of_blank_cells_is_read_or_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("kinephen.io.table_files.MAX_CELLS", 1_000_000)
    book = tmp_path / "wide.xlsx"
    workbook(book, '<row r="1"><c r="A1"><v>1</v></c></row><row r="100000"><c r="A100000"><v>2</v></c></row>')
    assert read_text_table(book).frame.shape == (1, 1)
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 70))
    workbook(book, rows)
    refused(read_text_table, book, code="table.too_large")


def test_a_parquet_file_of_billions_of_equal_cells_is_refused(tmp_path):
    path = tmp_path / "bomb.parquet"
    frame = pd.DataFrame({f"PE_{i}": np.zeros(1_000_001, dtype=np.int8) for i in range(50)})
    frame.to_parquet(path)
    refused(read_feature_table, path, code="table.too_large")


def workbook(path, rows):
    """Write the parts of a workbook that a reader asks for, with a stated size of the whole sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">'
        '<sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><dimension ref="A1:XFD1048576"/>'
        f"<sheetData>{rows}</sheetData></worksheet>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
