// The years of a loan: a bar a year of principal and interest, the debt as a dotted line.
//
// The scale stands at the left, its unit in the head, the years below; no box around.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Shapes
import Kiosk

Item {
    id: chart
    property LoanYearsContent shown
    property int size: 28             // of the words
    readonly property color gold: Theme.highContrast ? Theme.amber : "#DFA33B"
    readonly property int rim: Math.ceil(widest.advanceWidth) + 24
    Accessible.role: Accessible.Graphic
    Accessible.name: chart.shown.spoken

    TextMetrics {
        id: widest
        font.pixelSize: chart.size
        text: chart.shown.scale.reduce((long, word) => word.length > long.length ? word : long, "0")
    }
    component Word: Label {
        font.pixelSize: chart.size
        color: Theme.soft
        wrapMode: Text.NoWrap
        Accessible.ignored: true
    }
    Flow {
        id: head
        width: parent.width
        spacing: 12
        Word { text: chart.shown.unit; rightPadding: 24 }
        Repeater {
            model: [[chart.shown.principal, Theme.blue], [chart.shown.interest, chart.gold]]
            Row {
                id: key
                required property var modelData
                spacing: 12
                rightPadding: 16
                Rectangle { width: 24; height: 24; color: key.modelData[1]; anchors.verticalCenter: parent.verticalCenter }
                Word { text: key.modelData[0]; color: Theme.ink }
            }
        }
        Row {
            spacing: 12
            Row {
                spacing: 6
                anchors.verticalCenter: parent.verticalCenter
                Repeater { model: 4; Rectangle { width: 6; height: 6; radius: 3; color: Theme.ink } }
            }
            Word { text: chart.shown.balance; color: Theme.ink }
        }
    }
    Item {
        id: plot
        x: chart.rim
        y: head.height + 28
        width: parent.width - x
        height: parent.height - y - below.height - 20
        readonly property int count: Math.max(1, chart.shown.years.length)
        readonly property real each: width / count
        Repeater {
            model: chart.shown.scale
            Item {
                id: line
                required property string modelData
                required property int index
                y: plot.height * (1 - index / Math.max(1, chart.shown.scale.length - 1))
                width: plot.width
                Rectangle { width: parent.width; height: 2; color: Theme.line }
                Word {
                    x: -width - 16
                    y: -height / 2
                    text: line.modelData
                }
            }
        }
        Repeater {
            model: chart.shown.years
            Item {
                id: bar
                required property YearPart modelData
                required property int index
                readonly property int least: 2
                x: Math.round(index * plot.each)
                width: Math.max(1, Math.round((index + 1) * plot.each) - x - Math.max(2, Math.round(plot.each * 0.22)))
                height: plot.height
                Rectangle {
                    id: lower
                    y: parent.height - height
                    width: parent.width
                    height: Math.max(bar.modelData.principal > 0 ? bar.least : 0, Math.round(plot.height * bar.modelData.principal))
                    color: Theme.blue
                }
                Rectangle {
                    y: lower.y - height
                    width: parent.width
                    height: Math.round(plot.height * bar.modelData.interest)
                    color: chart.gold
                }
            }
        }
        Shape {
            anchors.fill: parent
            ShapePath {
                strokeColor: Theme.ink
                strokeWidth: 5
                strokeStyle: ShapePath.DashLine
                dashPattern: [0.1, 2]
                capStyle: ShapePath.RoundCap
                joinStyle: ShapePath.RoundJoin
                fillColor: "transparent"
                PathPolyline {
                    path: {
                        const points = [Qt.point(0, plot.height * (1 - chart.shown.balanceTop))]
                        const years = chart.shown.years
                        for (let at = 0; at < years.length; ++at)
                            points.push(Qt.point((at + 1) * plot.each, plot.height * (1 - years[at].balance)))
                        return points
                    }
                }
            }
        }
    }
    Item {
        id: below
        x: plot.x
        y: parent.height - height
        width: plot.width
        height: Math.ceil(chart.size * 1.45)
        Repeater {
            model: chart.shown.years
            Word {
                required property YearPart modelData
                required property int index
                readonly property int last: chart.shown.years.length - 1
                readonly property bool apart: Math.min(index, last - index) * plot.each > width + 24
                // Large words have room for every second year or tenth year only.
                readonly property bool sparse: 5 * plot.each < width + 24 && last > 6
                visible: text.length > 0 && (index === 0 || index === last || apart && (!sparse || modelData.word.endsWith("0")) || last <= 6)
                x: Math.max(-chart.rim, Math.min(below.width - width, (index + 0.4) * plot.each - width / 2))
                text: modelData.word
            }
        }
    }
}
