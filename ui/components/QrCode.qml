// A QR code (GB/T 18284): dark modules on white, as large as whole pixels a module allow.
pragma ComponentBehavior: Bound
import QtQuick

Canvas {
    id: code
    property var rows: []          // of strings, "1" a dark module; without a quiet zone
    property real room: 0          // the most that a side may take
    readonly property int modules: rows.length
    readonly property int step: Math.max(1, Math.floor(room / Math.max(1, modules)))
    width: modules * step
    height: width
    renderTarget: Canvas.Image
    renderStrategy: Canvas.Immediate
    onRowsChanged: requestPaint()
    onStepChanged: requestPaint()
    onPaint: {
        const pen = getContext("2d")
        pen.fillStyle = "#FFFFFF"
        pen.fillRect(0, 0, width, height)
        pen.fillStyle = "#14243A"
        for (let y = 0; y < modules; ++y)
            for (let x = 0; x < modules; ++x)
                if (rows[y][x] === "1") pen.fillRect(x * step, y * step, step, step)
    }
    Accessible.role: Accessible.Graphic
}
