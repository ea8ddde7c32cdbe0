// One device in the overview: icon, title, state. A press shows its details below.
pragma ComponentBehavior: Bound
import QtQuick
import QtQuick.Templates as T
import "../components"

T.Button {
    id: cell
    property string title
    property string iconName
    property string word
    property string tone: "good"
    property bool chosen: false
    implicitHeight: 48
    focusPolicy: Qt.TabFocus
    activeFocusOnTab: true
    Accessible.role: Accessible.PageTab
    Accessible.name: title + " " + word
    Accessible.selected: chosen
    background: Rectangle {
        radius: 10
        color: cell.tone !== "good" ? Theme.toneTint(cell.tone)
             : cell.chosen ? Theme.blueTint : cell.hovered ? "#F6F8FA" : Theme.card
        border.width: cell.visualFocus ? 3 : cell.chosen ? 2 : 1
        border.color: cell.visualFocus ? Theme.focus : cell.chosen ? Theme.blue : Theme.line
    }
    contentItem: Item {
        Icon {
            x: 10
            anchors.verticalCenter: parent.verticalCenter
            name: cell.iconName
            color: cell.enabled ? Theme.blue : Theme.faint
            size: 20
        }
        Label {
            x: 38
            y: 6
            width: parent.width - x - 6
            text: cell.title
            font.pixelSize: 14
            font.bold: true
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: 10
            color: cell.enabled ? Theme.ink : Theme.faint
            wrapMode: Text.NoWrap
            Accessible.ignored: true
        }
        Label {
            objectName: cell.objectName + ".word"
            x: 38
            y: 26
            width: parent.width - x - 6
            text: cell.word
            font.pixelSize: 12
            color: !cell.enabled ? Theme.faint : Theme.toneColor(cell.tone)
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
            Accessible.ignored: true
        }
    }
}
