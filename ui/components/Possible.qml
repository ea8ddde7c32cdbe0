// The time and the hours of service, and below them what can be done now, one kind at a time.
pragma ComponentBehavior: Bound
import QtQuick

Card {
    id: possible
    property string clock
    property list<string> hours
    property string title
    property alias texts: turns.texts
    readonly property bool wanted: clock.length > 0
    readonly property bool filled: turns.count > 0   // not ``visible``: false where the card is hidden
    readonly property int rim: 40
    readonly property int natural: clockRow.height + 2 * 24 + (filled ? turns.y - clockRow.y - clockRow.height + turns.implicitHeight : 0)
    height: natural
    visible: wanted

    Item {
        id: clockRow
        x: possible.rim
        y: 24
        width: parent.width - 2 * possible.rim
        height: Math.max(time.height, opens.height)
        Label {
            id: time
            anchors.verticalCenter: parent.verticalCenter
            text: possible.clock
            font.pixelSize: Theme.big(60)
            font.bold: true
            lineHeight: 0.9
            wrapMode: Text.NoWrap
        }
        Column {
            id: opens
            x: time.width + 32
            width: parent.width - x
            anchors.verticalCenter: parent.verticalCenter
            Repeater {
                model: possible.hours
                Label {
                    required property string modelData
                    width: opens.width
                    text: modelData
                    horizontalAlignment: Text.AlignRight
                    font.pixelSize: Theme.big(28)
                    color: Theme.soft
                    wrapMode: Text.NoWrap
                }
            }
        }
    }
    Rectangle {
        visible: possible.filled
        x: possible.rim
        y: clockRow.y + clockRow.height + 16
        width: clockRow.width
        height: Theme.hair
        color: Theme.line
    }
    Label {
        id: heading
        visible: possible.filled
        x: possible.rim
        y: clockRow.y + clockRow.height + 28
        text: possible.title
        font.pixelSize: Theme.big(28)
        font.bold: true
        color: Theme.jade
        wrapMode: Text.NoWrap
    }
    Dots {
        of: turns
        x: parent.width - width - possible.rim
        y: heading.y + (heading.height - height) / 2
    }
    InTurn {
        id: turns
        objectName: "possible"
        visible: possible.filled
        x: possible.rim
        y: heading.y + heading.height + 4
        width: clockRow.width
        height: implicitHeight
        size: Theme.big(36)
        bold: true
        every: 6000
    }
}
